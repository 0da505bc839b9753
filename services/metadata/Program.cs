using Spillway.Metadata;
using Spillway.ServiceDefaults;

return await ServiceHost.RunAsync(args, static args =>
{
    var builder = ServiceHost.CreateBuilder(args);
    builder.AddServiceDefaults("metadata");
    builder.AddMetadata();
    builder.AddMetadataListener();

    var app = builder.Build();
    app.MapServiceDefaults();
    app.MapMetadata();
    return app;
});
