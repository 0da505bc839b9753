using Spillway.Rpc.Contracts;
using Spillway.Rpc.Reading;
using Spillway.S3Compactor.Draining;
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
        // Writers of any zone, as metadata knows them.
        builder.Services.AddSingleton<WriterAddresses>();
        builder.Services.AddSingleton<IWriterZones>(static provider => provider.GetRequiredService<WriterAddresses>());
        builder.Services.AddSingleton<IWalReadService>(static provider =>
            new RoutedWalReadService(provider.GetRequiredService<WriterAddresses>().FindAsync));
        return builder;
    }
}
