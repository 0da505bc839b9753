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
            provider.GetRequiredService<NeighbourOptions>().MetadataAddresses());
        return builder;
    }

    private static void Validate(NeighbourOptions options, OptionsErrors errors) => errors.Require(
        NeighbourOptions.AreAddresses(options.Metadata),
        nameof(options.Metadata),
        NeighbourOptions.AddressesRule,
        NeighbourOptions.AddressesExample);
}
