using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>Calls another process for changes that clients ask for.</summary>
public sealed class RemoteAdminService(MetadataChannels channels) : IAdminService
{
    /// <inheritdoc/>
    public Task<CreateTopicsResult> CreateTopicsAsync(CreateTopicsCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(AdminMethods.CreateTopics, request, CallRule.IfNotDone, cancellationToken);

    /// <inheritdoc/>
    public Task<DeleteTopicsResult> DeleteTopicsAsync(DeleteTopicsCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(AdminMethods.DeleteTopics, request, CallRule.IfNotDone, cancellationToken);

    /// <inheritdoc/>
    public Task<CreatePartitionsResult> CreatePartitionsAsync(CreatePartitionsCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(AdminMethods.CreatePartitions, request, CallRule.IfNotDone, cancellationToken);

    /// <inheritdoc/>
    public Task<DeleteRecordsResult> DeleteRecordsAsync(DeleteRecordsCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(AdminMethods.DeleteRecords, request, CallRule.Repeatable, cancellationToken);

    /// <inheritdoc/>
    public Task<AlterConfigsResult> AlterConfigsAsync(AlterConfigsCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(AdminMethods.AlterConfigs, request, CallRule.IfNotDone, cancellationToken);

    /// <inheritdoc/>
    public Task<UpdateFeaturesResult> UpdateFeaturesAsync(UpdateFeaturesCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(AdminMethods.UpdateFeatures, request, CallRule.IfNotDone, cancellationToken);

    /// <inheritdoc/>
    public Task<DescribeLogsResult> DescribeLogsAsync(DescribeLogsCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(AdminMethods.DescribeLogs, request, CallRule.Repeatable, cancellationToken);

    /// <inheritdoc/>
    public Task<AllocateProducerIdsResult> AllocateProducerIdsAsync(AllocateProducerIdsCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(AdminMethods.AllocateProducerIds, request, CallRule.Repeatable, cancellationToken);
}
