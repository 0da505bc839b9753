using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Zones;

namespace Spillway.ProtocolFrontend.Cluster;

/// <summary>Keeps the <see cref="RoutingView"/> current; when the router is away, the last table stays in use.</summary>
internal sealed partial class RoutingLoop(
    IZoneRoutingService router, RoutingView view, TimeProvider time, ILogger<RoutingLoop> logger) : BackgroundService
{
    private static readonly TimeSpan ReopenDelay = TimeSpan.FromMilliseconds(500);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await foreach (var table in router.WatchRoutesAsync(new WatchRoutesRequest(), stoppingToken).ConfigureAwait(false))
                {
                    view.Apply(table);
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

    [LoggerMessage(1110, LogLevel.Warning, "The zone-router's stream broke ({Reason}); the last routing table stays in use")]
    private static partial void LogBroken(ILogger logger, string reason);
}
