using System.Net;
using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.ServiceDefaults.Configuration;
using Spillway.ZoneRouter.Endpoints;
using Spillway.ZoneRouter.Zones;

namespace Spillway.ZoneRouter;

/// <summary>The zone-router as a module.</summary>
public static class ZoneRouterServices
{
    /// <summary>Adds the zone-router; the cluster image service must be there, remote or in this process.</summary>
    public static WebApplicationBuilder AddZoneRouter(this WebApplicationBuilder builder)
    {
        builder.AddSpillwayOptions<ZoneRouterOptions>(ZoneRouterOptions.Section, ZoneRouterOptions.Validate);
        builder.Services.AddSingleton<ZoneRouterMetrics>();
        builder.Services.AddSingleton<RoutingTablePublisher>();
        builder.Services.AddHostedService<NodeWatchLoop>();
        builder.Services.AddSingleton<IZoneRoutingService, ZoneRoutingService>();
        return builder;
    }

    /// <summary>Adds the listener that a process of its own serves the frontends on.</summary>
    public static WebApplicationBuilder AddZoneRouterListener(this WebApplicationBuilder builder)
    {
        builder.Services.AddLargeBlockMemoryPool();
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            var options = kestrel.ApplicationServices.GetRequiredService<ZoneRouterOptions>();
            kestrel.Listen(IPAddress.Parse(options.RpcAddress), options.RpcPort, static listen => listen.ConfigureRpcListener());
        });
        return builder;
    }

    /// <summary>Serves the routing table to other processes.</summary>
    public static WebApplication MapZoneRouter(this WebApplication app)
    {
        app.MapZoneRoutingService(app.Services.GetRequiredService<IZoneRoutingService>());
        return app;
    }
}
