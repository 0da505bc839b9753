using Spillway.ServiceDefaults;
using Spillway.ZoneRouter;

return await ServiceHost.RunAsync(args, static args =>
{
    var builder = ServiceHost.CreateBuilder(args);
    builder.AddServiceDefaults("zone-router");
    builder.AddNeighbours();
    builder.AddZoneRouter();
    builder.AddZoneRouterListener();

    var app = builder.Build();
    app.MapServiceDefaults();
    app.MapZoneRouter();
    return app;
});
