using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>Calls another process for the image of topics, configs and nodes.</summary>
public sealed class RemoteClusterImageService(RpcChannel channel) : IClusterImageService
{
    /// <inheritdoc/>
    public IAsyncEnumerable<ImageUpdate> WatchAsync(WatchImageRequest request, CancellationToken cancellationToken) =>
        channel.ServerStreamAsync(ClusterImageMethods.Watch, request, cancellationToken);

    /// <inheritdoc/>
    public Task<ReadBarrierReply> ReadBarrierAsync(ReadBarrierRequest request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(ClusterImageMethods.ReadBarrier, request, cancellationToken);
}
