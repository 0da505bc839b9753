using Spillway.S3Compactor;
using Spillway.ServiceDefaults;

return await ServiceHost.RunAsync(args, static args =>
{
    var builder = ServiceHost.CreateBuilder(args);
    builder.AddServiceDefaults("s3-compactor");
    builder.AddS3Compactor();
    builder.AddMetadataOfAnotherProcess();

    var app = builder.Build();
    app.MapServiceDefaults();
    app.MapS3Compactor();
    return app;
});
