using Spillway.ProtocolFrontend.Cluster;
using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Reading;
using Spillway.ServiceDefaults.Configuration;

namespace Spillway.ProtocolFrontend;

/// <summary>The services that a frontend in a process of its own calls.</summary>
internal static class NeighbourServices
{
    public static WebApplicationBuilder AddNeighbours(this WebApplicationBuilder builder)
    {
        builder.AddSpillwayOptions<NeighbourOptions>(NeighbourOptions.Section, Validate);
        builder.Services.AddRemoteMetadata(static provider =>
            provider.GetRequiredService<NeighbourOptions>().MetadataAddresses());
        builder.Services.AddSingleton<IZoneRoutingService>(static provider =>
            new RemoteZoneRoutingService(new RpcChannel(new Uri(provider.GetRequiredService<NeighbourOptions>().ZoneRouter))));
        // Writers of any zone, as metadata knows them.
        builder.Services.AddSingleton<WriterAddresses>();
        builder.Services.AddSingleton<IWalReadService>(static provider =>
            new RoutedWalReadService(provider.GetRequiredService<WriterAddresses>().FindAsync));
        return builder;
    }

    private static void Validate(NeighbourOptions options, OptionsErrors errors)
    {
        errors.Require(
            NeighbourOptions.AreAddresses(options.Metadata),
            nameof(options.Metadata),
            NeighbourOptions.AddressesRule,
            NeighbourOptions.AddressesExample);
        errors.Require(
            NeighbourOptions.IsAddress(options.ZoneRouter), nameof(options.ZoneRouter), "must be a URL", "http://zone-router:7300");
    }
}
