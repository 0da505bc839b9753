using Microsoft.Extensions.Logging.Abstractions;
using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.Tool.CommandLine;

namespace Spillway.Tool.Clusters;

/// <summary>The metadata service of a running cluster, found from one of its addresses on.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    public static readonly VerbOption Metadata = new("--metadata", "URL", "a metadata node, or several with commas between, as http://metadata-0:7100");

    private readonly MetadataChannels _channels;

    private Cluster(IReadOnlyList<Uri> addresses)
    {
        _channels = new MetadataChannels(
            addresses, static address => new RpcChannel(address), TimeProvider.System, NullLogger<MetadataChannels>.Instance);
        Jobs = new RemoteJobService(_channels);
        Containers = new RemoteContainerService(_channels);
        Index = new RemotePartitionIndexService(_channels);
        Image = new RemoteClusterImageService(_channels);
    }

    public IJobService Jobs { get; }

    public IContainerService Containers { get; }

    public IPartitionIndexService Index { get; }

    public IClusterImageService Image { get; }

    public static Cluster Open(Arguments arguments)
    {
        var text = arguments.Get(Metadata);
        return NeighbourOptions.AreAddresses(text)
            ? new Cluster(new NeighbourOptions { Metadata = text }.MetadataAddresses())
            : throw new UsageException($"{Metadata.Name} {NeighbourOptions.AddressesRule}, as {NeighbourOptions.AddressesExample}.");
    }

    public ValueTask DisposeAsync() => _channels.DisposeAsync();
}
