using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>
/// Changes that clients ask for: topics, partitions, records, configs, producer ids.
/// Implemented by the metadata service itself (in-process) and by a client over gRPC; a failed call throws RpcException in both.
/// </summary>
public interface IAdminService
{
    /// <summary>See the contract under proto/spillway.</summary>
    Task<CreateTopicsResult> CreateTopicsAsync(CreateTopicsCall request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<DeleteTopicsResult> DeleteTopicsAsync(DeleteTopicsCall request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<CreatePartitionsResult> CreatePartitionsAsync(CreatePartitionsCall request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<DeleteRecordsResult> DeleteRecordsAsync(DeleteRecordsCall request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<AlterConfigsResult> AlterConfigsAsync(AlterConfigsCall request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<UpdateFeaturesResult> UpdateFeaturesAsync(UpdateFeaturesCall request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<DescribeLogsResult> DescribeLogsAsync(DescribeLogsCall request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<AllocateProducerIdsResult> AllocateProducerIdsAsync(AllocateProducerIdsCall request, CancellationToken cancellationToken);
}
