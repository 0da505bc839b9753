using Spillway.Rpc.Contracts;
using Spillway.ServiceDefaults.Configuration;

namespace Spillway.WalWriter;

/// <summary>The services that a writer in a process of its own calls.</summary>
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
