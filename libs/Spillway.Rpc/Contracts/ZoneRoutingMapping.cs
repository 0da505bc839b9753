using Microsoft.AspNetCore.Routing;

namespace Spillway.Rpc.Contracts;

/// <summary>Serves <c>spillway.zones.v1.ZoneRouting</c> from an implementation in this process.</summary>
public static class ZoneRoutingMapping
{
    /// <summary>Maps its methods.</summary>
    public static IEndpointRouteBuilder MapZoneRoutingService(
        this IEndpointRouteBuilder endpoints, IZoneRoutingService service) =>
        endpoints.MapRpcService(rpc => rpc.ServerStream(
            ZoneRoutingMethods.WatchRoutes,
            (request, context) => service.WatchRoutesAsync(request, context.CancellationToken)));
}
