using Microsoft.AspNetCore.Routing;

namespace Spillway.Rpc.Contracts;

/// <summary>Serves <c>spillway.metadata.v1.Registration</c> from an implementation in this process.</summary>
public static class RegistrationMapping
{
    /// <summary>Maps its methods.</summary>
    public static IEndpointRouteBuilder MapRegistrationService(this IEndpointRouteBuilder endpoints, IRegistrationService service) =>
        endpoints.MapRpcService(rpc => rpc
            .Unary(RegistrationMethods.Register, (request, context) => service.RegisterAsync(request, context.CancellationToken))
            .Unary(RegistrationMethods.Renew, (request, context) => service.RenewAsync(request, context.CancellationToken))
            .Unary(RegistrationMethods.Deregister, (request, context) => service.DeregisterAsync(request, context.CancellationToken)));
}
