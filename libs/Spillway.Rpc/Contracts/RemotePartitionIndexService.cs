using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>Calls another process for where batches lie.</summary>
public sealed class RemotePartitionIndexService(MetadataChannels channels) : IPartitionIndexService
{
    /// <inheritdoc/>
    public IAsyncEnumerable<TailUpdate> WatchTailAsync(
        IAsyncEnumerable<TailSubscription> subscriptions, CancellationToken cancellationToken) =>
        channels.DuplexAsync(PartitionIndexMethods.WatchTail, subscriptions, cancellationToken);

    /// <inheritdoc/>
    public Task<FindEntriesReply> FindEntriesAsync(FindEntriesRequest request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(PartitionIndexMethods.FindEntries, request, CallRule.Repeatable, cancellationToken);

    /// <inheritdoc/>
    public Task<ListLogOffsetsReply> ListOffsetsAsync(
        ListLogOffsetsRequest request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(PartitionIndexMethods.ListOffsets, request, CallRule.Repeatable, cancellationToken);

    /// <inheritdoc/>
    public Task<FindAbortedReply> FindAbortedAsync(FindAbortedRequest request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(PartitionIndexMethods.FindAborted, request, CallRule.Repeatable, cancellationToken);
}
