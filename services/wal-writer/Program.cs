using Spillway.ServiceDefaults;
using Spillway.WalWriter;

return await ServiceHost.RunAsync(args, static args =>
{
    var builder = ServiceHost.CreateBuilder(args);
    builder.AddServiceDefaults("wal-writer");
    builder.AddNeighbours();
    builder.AddWalWriter();
    builder.AddWalWriterListener();

    var app = builder.Build();
    app.MapServiceDefaults();
    app.MapWalWriter();
    return app;
});
