using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ZoneRouter.Zones;

/// <summary>Follows the registered nodes and publishes a table whenever they change. With metadata away, the last table stays.</summary>
internal sealed partial class NodeWatchLoop(
    IClusterImageService images, RoutingTablePublisher publisher, TimeProvider time, ILogger<NodeWatchLoop> logger) : BackgroundService
{
    private static readonly TimeSpan ReopenDelay = TimeSpan.FromMilliseconds(500);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await foreach (var update in images.WatchAsync(new WatchImageRequest(), stoppingToken).ConfigureAwait(false))
                {
                    if (update.Full || update.NodesChanged)
                    {
                        publisher.Publish(update.Version, update.Nodes);
                    }
                }
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

    [LoggerMessage(4000, LogLevel.Warning, "Metadata's stream broke ({Reason}); the last routing table stays")]
    private static partial void LogBroken(ILogger logger, string reason);
}
