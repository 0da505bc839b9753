using Spillway.Metadata;
using Spillway.Metadata.Members;
using Spillway.ServiceDefaults;

if (args is [MembersCommand.Verb, .. var rest])
{
    return await MembersCommand.RunAsync(rest, Console.Out, Console.Error, CancellationToken.None);
}

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
