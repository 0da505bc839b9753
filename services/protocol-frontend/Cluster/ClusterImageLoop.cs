using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Cluster;

/// <summary>Keeps the <see cref="ClusterView"/> and the <see cref="ClusterFeatures"/> current.</summary>
internal sealed class ClusterImageLoop(
    IClusterImageService images, ClusterView view, ClusterFeatures features, TimeProvider time, ILogger<ClusterImageLoop> logger)
    : StreamLoop("the cluster image", time, logger)
{
    protected override async Task FollowAsync(CancellationToken cancellationToken)
    {
        await foreach (var update in images.WatchAsync(new WatchImageRequest(), cancellationToken).ConfigureAwait(false))
        {
            features.Learn(update);
            view.Apply(update);
        }
    }
}
