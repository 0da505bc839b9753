using Spillway.Rpc.Contracts;
using Spillway.Rpc.Zones;

namespace Spillway.ProtocolFrontend.Cluster;

/// <summary>Keeps the <see cref="RoutingView"/> current.</summary>
internal sealed class RoutingLoop(
    IZoneRoutingService router, RoutingView view, TimeProvider time, ILogger<RoutingLoop> logger)
    : StreamLoop("the routing table", time, logger)
{
    protected override async Task FollowAsync(CancellationToken cancellationToken)
    {
        await foreach (var table in router.WatchRoutesAsync(new WatchRoutesRequest(), cancellationToken).ConfigureAwait(false))
        {
            view.Apply(table);
        }
    }
}
