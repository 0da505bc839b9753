using Spillway.ServiceDefaults;

return await ServiceHost.RunAsync(args, static args =>
{
    var builder = ServiceHost.CreateBuilder(args);
    builder.AddServiceDefaults("standalone");

    var app = builder.Build();
    app.MapServiceDefaults();
    return app;
});
