using Spillway.S3Compactor;
using Spillway.ServiceDefaults;

return await ServiceHost.RunAsync(args, static args =>
{
    var builder = ServiceHost.CreateBuilder(args);
    builder.AddServiceDefaults("s3-compactor");
    builder.AddNeighbours();
    builder.AddS3Compactor();

    var app = builder.Build();
    app.MapServiceDefaults();
    app.MapS3Compactor();
    return app;
});
