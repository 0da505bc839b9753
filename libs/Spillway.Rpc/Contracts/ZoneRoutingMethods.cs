using Spillway.Rpc.Zones;

namespace Spillway.Rpc.Contracts;

/// <summary>The methods of <c>spillway.zones.v1.ZoneRouting</c>: the routing table.</summary>
public static class ZoneRoutingMethods
{
    private const string Service = "spillway.zones.v1.ZoneRouting";

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<WatchRoutesRequest, RoutingTable> WatchRoutes { get; } =
        RpcMethod.Create<WatchRoutesRequest, RoutingTable>(Service, "WatchRoutes");
}
