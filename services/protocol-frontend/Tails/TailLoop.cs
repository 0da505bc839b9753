using System.Runtime.CompilerServices;
using Spillway.ProtocolFrontend.Fetching;
using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Tails;

/// <summary>
/// Keeps the partition views current by metadata's push: every commit wakes the fetches that wait for it. When the stream
/// breaks, the views stay as they are and all subscriptions are made again.
/// </summary>
internal sealed partial class TailLoop(
    IPartitionIndexService index, PartitionViews views, ContainerDirectory containers, TimeProvider time, ILogger<TailLoop> logger)
    : BackgroundService
{
    private static readonly TimeSpan ReopenDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan IdleAfter = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var sweep = time.CreateTimer(_ => views.RemoveIdle(IdleAfter), null, IdleAfter, IdleAfter);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await FollowAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (RpcException failure)
            {
                LogBroken(logger, failure.Message);
            }

            await Task.Delay(ReopenDelay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
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

    [LoggerMessage(1200, LogLevel.Warning, "The tail stream broke ({Reason}); subscribing again")]
    private static partial void LogBroken(ILogger logger, string reason);
}
