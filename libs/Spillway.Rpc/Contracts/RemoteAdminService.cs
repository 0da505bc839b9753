using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>Calls another process for changes that clients ask for.</summary>
public sealed class RemoteAdminService(RpcChannel channel) : IAdminService
{
    /// <inheritdoc/>
    public Task<CreateTopicsResult> CreateTopicsAsync(CreateTopicsCall request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(AdminMethods.CreateTopics, request, cancellationToken);


    /// <inheritdoc/>
    public Task<DeleteTopicsResult> DeleteTopicsAsync(DeleteTopicsCall request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(AdminMethods.DeleteTopics, request, cancellationToken);


    /// <inheritdoc/>
    public Task<CreatePartitionsResult> CreatePartitionsAsync(CreatePartitionsCall request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(AdminMethods.CreatePartitions, request, cancellationToken);


    /// <inheritdoc/>
    public Task<DeleteRecordsResult> DeleteRecordsAsync(DeleteRecordsCall request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(AdminMethods.DeleteRecords, request, cancellationToken);


    /// <inheritdoc/>
    public Task<AlterConfigsResult> AlterConfigsAsync(AlterConfigsCall request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(AdminMethods.AlterConfigs, request, cancellationToken);


    /// <inheritdoc/>
    public Task<AllocateProducerIdsResult> AllocateProducerIdsAsync(AllocateProducerIdsCall request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(AdminMethods.AllocateProducerIds, request, cancellationToken);
}
