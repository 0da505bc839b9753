using Microsoft.AspNetCore.Routing;

namespace Spillway.Rpc.Contracts;

/// <summary>Serves <c>spillway.metadata.v1.ClusterImage</c> from an implementation in this process.</summary>
public static class ClusterImageMapping
{
    /// <summary>Maps its methods.</summary>
    public static IEndpointRouteBuilder MapClusterImageService(
        this IEndpointRouteBuilder endpoints, IClusterImageService service) =>
        endpoints.MapRpcService(rpc => rpc
            .ServerStream(
                ClusterImageMethods.Watch,
                (request, context) => service.WatchAsync(request, context.CancellationToken))
            .Unary(
                ClusterImageMethods.ReadBarrier,
                (request, context) => service.ReadBarrierAsync(request, context.CancellationToken)));
}
