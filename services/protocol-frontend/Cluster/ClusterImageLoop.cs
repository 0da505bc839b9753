using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Cluster;

/// <summary>Keeps the <see cref="ClusterView"/> current.</summary>
internal sealed class ClusterImageLoop(
    IClusterImageService images, ClusterView view, TimeProvider time, ILogger<ClusterImageLoop> logger)
    : StreamLoop("the cluster image", time, logger)
{
    protected override async Task FollowAsync(CancellationToken cancellationToken)
    {
        await foreach (var update in images.WatchAsync(new WatchImageRequest(), cancellationToken).ConfigureAwait(false))
        {
            view.Apply(update);
        }
    }
}
