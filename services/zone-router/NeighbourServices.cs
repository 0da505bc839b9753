using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.ServiceDefaults.Configuration;

namespace Spillway.ZoneRouter;

/// <summary>The services that a router in a process of its own calls.</summary>
internal static class NeighbourServices
{
    public static WebApplicationBuilder AddNeighbours(this WebApplicationBuilder builder)
    {
        builder.AddSpillwayOptions<NeighbourOptions>(NeighbourOptions.Section, Validate);
        builder.Services.AddRemoteMetadata(static provider =>
            new RpcChannel(new Uri(provider.GetRequiredService<NeighbourOptions>().Metadata)));
        return builder;
    }

    private static void Validate(NeighbourOptions options, OptionsErrors errors) => errors.Require(
        NeighbourOptions.IsAddress(options.Metadata), nameof(options.Metadata), "must be a URL", "http://metadata:7100");
}
