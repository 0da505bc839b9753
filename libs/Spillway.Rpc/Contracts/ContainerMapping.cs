using Microsoft.AspNetCore.Routing;

namespace Spillway.Rpc.Contracts;

/// <summary>Serves <c>spillway.metadata.v1.Containers</c> from an implementation in this process.</summary>
public static class ContainerMapping
{
    /// <summary>Maps its methods.</summary>
    public static IEndpointRouteBuilder MapContainerService(this IEndpointRouteBuilder endpoints, IContainerService service) =>
        endpoints.MapRpcService(rpc => rpc.Unary(
            ContainerMethods.ListContainers, (request, context) => service.ListContainersAsync(request, context.CancellationToken)));
}
