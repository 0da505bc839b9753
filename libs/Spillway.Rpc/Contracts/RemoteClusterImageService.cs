using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>Calls another process for the image of topics, configs and nodes.</summary>
public sealed class RemoteClusterImageService(MetadataChannels channels) : IClusterImageService
{
    /// <inheritdoc/>
    public IAsyncEnumerable<ImageUpdate> WatchAsync(WatchImageRequest request, CancellationToken cancellationToken) =>
        channels.ServerStreamAsync(ClusterImageMethods.Watch, request, cancellationToken);

    /// <inheritdoc/>
    public Task<ReadBarrierReply> ReadBarrierAsync(ReadBarrierRequest request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(ClusterImageMethods.ReadBarrier, request, CallRule.Repeatable, cancellationToken);
}
