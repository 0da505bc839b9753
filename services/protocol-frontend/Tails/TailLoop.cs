using System.Runtime.CompilerServices;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Fetching;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Tails;

/// <summary>
/// Keeps the partition views current by metadata's push: every commit wakes the fetches that wait for it. When the stream is opened anew, all
/// subscriptions are made again.
/// </summary>
internal sealed class TailLoop(
    IPartitionIndexService index, PartitionViews views, ContainerDirectory containers, TimeProvider time, ILogger<TailLoop> logger)
    : StreamLoop("partition tails", time, logger)
{
    private static readonly TimeSpan IdleAfter = TimeSpan.FromMinutes(10);

    private readonly TimeProvider _time = time;

    protected override async Task FollowAsync(CancellationToken cancellationToken)
    {
        using var sweep = _time.CreateTimer(_ => views.RemoveIdle(IdleAfter), null, IdleAfter, IdleAfter);
        using var stream = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var updates = index.WatchTailAsync(SubscriptionsAsync(stream.Token), stream.Token);
            await foreach (var update in updates.ConfigureAwait(false))
            {
                containers.Learn(update.Containers);
                foreach (var tail in update.Partitions)
                {
                    views.Apply(tail);
                }
            }
        }
        finally
        {
            await stream.CancelAsync().ConfigureAwait(false);
        }
    }

    private async IAsyncEnumerable<TailSubscription> SubscriptionsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return views.All();
        await foreach (var change in views.Changes.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return change;
        }
    }
}
