using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Spillway.Rpc;

/// <summary>Maps services to routes.</summary>
public static class RpcEndpointRouteBuilderExtensions
{
    // One catch-all an application: a second one would make every unknown method ambiguous.
    private static readonly ConditionalWeakTable<IServiceProvider, object> Fallbacks = [];

    /// <summary>
    /// Maps the methods that <paramref name="configure"/> names. Calls of methods and services that nobody maps
    /// are answered with <see cref="RpcStatusCode.Unimplemented"/>.
    /// </summary>
    public static IEndpointRouteBuilder MapRpcService(
        this IEndpointRouteBuilder endpoints, Action<RpcServiceBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(configure);
        var services = endpoints.ServiceProvider;
        var handler = new RpcCallHandler(
            services.GetRequiredService<ILoggerFactory>().CreateLogger("Spillway.Rpc"),
            services.GetService<TimeProvider>() ?? TimeProvider.System,
            services.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? CancellationToken.None);
        configure(new RpcServiceBuilder(endpoints, handler));
        if (Fallbacks.TryAdd(services, new object()))
        {
            endpoints.MapMethods("/{service}/{method}", [HttpMethods.Post], RpcCallHandler.HandleUnknownAsync)
                .WithDisplayName("rpc of a method that nobody serves");
        }
        return endpoints;
    }
}
