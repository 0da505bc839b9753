using System.Runtime.CompilerServices;
using Spillway.Metadata.Log;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Partitions;

/// <summary>Answers for where batches lie and how far partitions reach.</summary>
internal sealed class PartitionIndexService(MetadataNode node, TailHub hub, MetadataMetrics metrics) : IPartitionIndexService
{
    public async IAsyncEnumerable<TailUpdate> WatchTailAsync(
        IAsyncEnumerable<TailSubscription> subscriptions, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await node.BarrierAsync(cancellationToken);
        var watcher = new TailWatcher();
        hub.Add(watcher);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var following = FollowAsync(watcher, subscriptions, ended);
        metrics.WatcherCame("tail");
        try
        {
            node.EnsureLeads(); // else the end of the leadership came before the subscription, and would end it no more
            while (true)
            {
                if (following.IsFaulted)
                {
                    await following;
                }

                if (hub.TakeNews(watcher) is { } update)
                {
                    yield return update;
                }
                else
                {
                    await WaitAsync(watcher, following, ended.Token, cancellationToken);
                }
            }
        }
        finally
        {
            metrics.WatcherWent("tail");
            await ended.CancelAsync();
            await following.ContinueWith(static _ => { }, TaskScheduler.Default);
            hub.Remove(watcher);
        }
    }

    public async Task<FindEntriesReply> FindEntriesAsync(FindEntriesRequest request, CancellationToken cancellationToken)
    {
        if (request.Barrier)
        {
            await node.BarrierAsync(cancellationToken);
        }

        return node.Read(state => OffsetQueries.FindEntries(state, request));
    }

    public async Task<ListLogOffsetsReply> ListOffsetsAsync(
        ListLogOffsetsRequest request, CancellationToken cancellationToken)
    {
        await node.BarrierAsync(cancellationToken);
        return node.Read(state => OffsetQueries.ListOffsets(state, request));
    }

    public async Task<FindAbortedReply> FindAbortedAsync(FindAbortedRequest request, CancellationToken cancellationToken)
    {
        // A node that was the leader once may not know yet what its successor told the caller.
        if (!node.Read(state => OffsetQueries.IsStable(state, request.LogId, request.ToOffset)))
        {
            await node.BarrierAsync(cancellationToken);
        }

        return node.Read(state => OffsetQueries.FindAborted(state, request));
    }

    /// <summary>Waits for news; a failed subscription stream ends the wait with its own exception.</summary>
    private static async Task WaitAsync(
        TailWatcher watcher, Task following, CancellationToken ended, CancellationToken cancellationToken)
    {
        try
        {
            await watcher.WaitAsync(ended);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            await following;
        }
    }

    /// <summary>Takes subscriptions as they come. That they end is fine; that they fail ends the stream.</summary>
    private async Task FollowAsync(
        TailWatcher watcher, IAsyncEnumerable<TailSubscription> subscriptions, CancellationTokenSource ended)
    {
        try
        {
            await foreach (var subscription in subscriptions.WithCancellation(ended.Token))
            {
                hub.Change(watcher, subscription);
            }
        }
        catch
        {
            await ended.CancelAsync();
            throw;
        }
    }
}
