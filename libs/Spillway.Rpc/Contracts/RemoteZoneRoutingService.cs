using Spillway.Rpc.Zones;

namespace Spillway.Rpc.Contracts;

/// <summary>Calls another process for the routing table.</summary>
public sealed class RemoteZoneRoutingService(RpcChannel channel) : IZoneRoutingService
{
    /// <inheritdoc/>
    public IAsyncEnumerable<RoutingTable> WatchRoutesAsync(
        WatchRoutesRequest request, CancellationToken cancellationToken) =>
        channel.ServerStreamAsync(ZoneRoutingMethods.WatchRoutes, request, cancellationToken);
}
