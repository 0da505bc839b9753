using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.ServiceDefaults.Configuration;

namespace Spillway.S3Compactor;

/// <summary>The services that a compactor in a process of its own calls.</summary>
internal static class NeighbourServices
{
    public static WebApplicationBuilder AddNeighbours(this WebApplicationBuilder builder)
    {
        builder.AddSpillwayOptions<NeighbourOptions>(NeighbourOptions.Section, static (options, errors) => errors.Require(
            NeighbourOptions.IsAddress(options.Metadata), nameof(options.Metadata), "must be a URL", "http://metadata:7100"));
        builder.Services.AddRemoteMetadata(static provider =>
            new RpcChannel(new Uri(provider.GetRequiredService<NeighbourOptions>().Metadata)));
        return builder;
    }
}
