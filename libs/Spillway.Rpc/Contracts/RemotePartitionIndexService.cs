using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>Calls another process for where batches lie.</summary>
public sealed class RemotePartitionIndexService(RpcChannel channel) : IPartitionIndexService
{
    /// <inheritdoc/>
    public IAsyncEnumerable<TailUpdate> WatchTailAsync(
        IAsyncEnumerable<TailSubscription> subscriptions, CancellationToken cancellationToken) =>
        channel.DuplexAsync(PartitionIndexMethods.WatchTail, subscriptions, cancellationToken);

    /// <inheritdoc/>
    public Task<FindEntriesReply> FindEntriesAsync(FindEntriesRequest request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(PartitionIndexMethods.FindEntries, request, cancellationToken);

    /// <inheritdoc/>
    public Task<ListLogOffsetsReply> ListOffsetsAsync(
        ListLogOffsetsRequest request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(PartitionIndexMethods.ListOffsets, request, cancellationToken);
}
