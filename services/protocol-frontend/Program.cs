using Spillway.ProtocolFrontend;
using Spillway.ServiceDefaults;

return await ServiceHost.RunAsync(args, static args =>
{
    var builder = ServiceHost.CreateBuilder(args);
    builder.AddServiceDefaults("protocol-frontend");
    builder.AddNeighbours();
    builder.AddProtocolFrontend();

    var app = builder.Build();
    app.MapServiceDefaults();
    return app;
});
