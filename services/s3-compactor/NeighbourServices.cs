using Spillway.Rpc.Contracts;
using Spillway.ServiceDefaults.Configuration;

namespace Spillway.S3Compactor;

/// <summary>The services that a compactor in a process of its own calls.</summary>
internal static class NeighbourServices
{
    public static WebApplicationBuilder AddNeighbours(this WebApplicationBuilder builder)
    {
        builder.AddSpillwayOptions<NeighbourOptions>(NeighbourOptions.Section, static (options, errors) => errors.Require(
            NeighbourOptions.AreAddresses(options.Metadata),
            nameof(options.Metadata),
            NeighbourOptions.AddressesRule,
            NeighbourOptions.AddressesExample));
        builder.Services.AddRemoteMetadata(static provider =>
            provider.GetRequiredService<NeighbourOptions>().MetadataAddresses());
        return builder;
    }
}
