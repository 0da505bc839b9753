using Spillway.Kafka.Errors;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Tails;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>Finds the partitions that a fetch asks for; only what is unknown at a read barrier is answered as unknown.</summary>
internal sealed class FetchTargets(ClusterView cluster, PartitionViews views)
{
    // KIP-516: from this version on a fetch names topics by id.
    private const short TopicIdVersion = 13;

    /// <summary>As many as asked for, in their order.</summary>
    public async ValueTask<List<FetchTarget>> ResolveAsync(
        IReadOnlyList<AskedPartition> asked, short version, CancellationToken cancellationToken)
    {
        var image = cluster.Image;
        if (!AllKnown(image, asked, version))
        {
            image = await cluster.GetCurrentAsync(cancellationToken).ConfigureAwait(false);
        }

        var targets = new List<FetchTarget>(asked.Count);
        for (var i = 0; i < asked.Count; i++)
        {
            targets.Add(Target(image, asked[i], version));
        }

        await WhenKnownAsync(targets, version, cancellationToken).ConfigureAwait(false);
        return targets;
    }

    private FetchTarget Target(ClusterImage image, in AskedPartition asked, short version)
    {
        var topic = Find(image, asked, version);
        return topic is not null && topic.TryGetLog(asked.Partition.Partition, out var logId)
            ? new FetchTarget(asked, views.Get(logId), ErrorCode.None)
            : new FetchTarget(asked, null, topic is null ? UnknownTopic(version) : ErrorCode.UnknownTopicOrPartition);
    }

    private static async ValueTask WhenKnownAsync(List<FetchTarget> targets, short version, CancellationToken cancellationToken)
    {
        foreach (var target in targets)
        {
            if (target.View is { Known.IsCompleted: false } view)
            {
                await view.Known.WaitAsync(cancellationToken).ConfigureAwait(false);
            }

            if (target.View is { IsDeleted: true })
            {
                target.Error = UnknownTopic(version);
            }
        }
    }

    private static ErrorCode UnknownTopic(short version) =>
        version >= TopicIdVersion ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition;

    private static bool AllKnown(ClusterImage image, IReadOnlyList<AskedPartition> asked, short version)
    {
        for (var i = 0; i < asked.Count; i++)
        {
            if (Find(image, asked[i], version) is not { } topic || !topic.TryGetLog(asked[i].Partition.Partition, out _))
            {
                return false;
            }
        }

        return true;
    }

    private static TopicView? Find(ClusterImage image, in AskedPartition asked, short version) =>
        version >= TopicIdVersion ? image.FindTopic(asked.TopicId) : image.FindTopic(asked.Topic);
}
