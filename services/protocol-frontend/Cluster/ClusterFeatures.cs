using System.Collections.Immutable;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Cluster;

/// <summary>
/// The cluster's features (KIP-584) as metadata told them last. They never go back: a client that saw an epoch takes nothing older. The image
/// loop writes, everybody reads.
/// </summary>
internal sealed class ClusterFeatures
{
    private volatile Known _known = new(-1, []);

    /// <summary>-1 before metadata told any.</summary>
    public Known Current => _known;

    public void Learn(ImageUpdate update)
    {
        if (update.FeaturesEpoch > _known.Epoch && update.Features.Count > 0)
        {
            _known = new Known(update.FeaturesEpoch, [.. update.Features]);
        }
    }

    /// <summary>All features at one epoch.</summary>
    internal sealed record Known(long Epoch, ImmutableArray<FeatureImage> Features);
}
