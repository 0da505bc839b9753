using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>
/// Where a partition's batches lie, and how far it reaches.
/// Implemented by the metadata service itself (in-process) and by a client over gRPC; a failed call throws RpcException in both.
/// </summary>
public interface IPartitionIndexService
{
    /// <summary>Updates of the logs that the caller subscribes to; conflated per log, so a slow reader is never behind without bound.</summary>
    IAsyncEnumerable<TailUpdate> WatchTailAsync(IAsyncEnumerable<TailSubscription> subscriptions, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<FindEntriesReply> FindEntriesAsync(FindEntriesRequest request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<ListLogOffsetsReply> ListOffsetsAsync(ListLogOffsetsRequest request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<FindAbortedReply> FindAbortedAsync(FindAbortedRequest request, CancellationToken cancellationToken);
}
