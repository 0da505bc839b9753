using System.Runtime.CompilerServices;
using System.Threading.Channels;
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
            node.EnsureLeads(); // else the end of the leadership came before the subscription, and would end it no more
            while (true)
            {
                yield return await ReadAsync(updates, cancellationToken);
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

    private static async ValueTask<ImageUpdate> ReadAsync(
        ChannelReader<ImageUpdate> updates, CancellationToken cancellationToken)
    {
        try
        {
            return await updates.ReadAsync(cancellationToken);
        }
        catch (ChannelClosedException e)
        {
            throw StreamEnd.Of(e);
        }
    }
}
