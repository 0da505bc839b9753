using System.Runtime.CompilerServices;
using Spillway.Metadata.Log;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Images;

/// <summary>Answers for the image of topics, configs and nodes.</summary>
internal sealed class ClusterImageService(MetadataNode node, ImageHub hub, MetadataMetrics metrics) : IClusterImageService
{
    public async IAsyncEnumerable<ImageUpdate> WatchAsync(
        WatchImageRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await node.BarrierAsync(cancellationToken);
        var updates = hub.Subscribe();
        metrics.WatcherCame("image");
        try
        {
            while (true)
            {
                yield return await updates.ReadAsync(cancellationToken);
            }
        }
        finally
        {
            metrics.WatcherWent("image");
            hub.Unsubscribe(updates);
        }
    }

    public async Task<ReadBarrierReply> ReadBarrierAsync(ReadBarrierRequest request, CancellationToken cancellationToken)
    {
        await node.BarrierAsync(cancellationToken);
        return new ReadBarrierReply { Version = node.Read(state => state.ImageVersion) };
    }
}
