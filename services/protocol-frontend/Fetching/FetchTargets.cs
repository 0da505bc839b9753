using Spillway.Kafka.Errors;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Fetching.Sessions;
using Spillway.ProtocolFrontend.Tails;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>Finds the partitions that a fetch asks for; only what is unknown at a read barrier is answered as unknown.</summary>
internal sealed class FetchTargets(ClusterView cluster, PartitionViews views, PreferredReplicas replicas)
{
    // KIP-516: from this version on a fetch names topics by id.
    public const short TopicIdVersion = 13;

    /// <summary>As many as asked for, in their order. Names and ids are looked up anew each time: a session may outlive a topic, or come before it.</summary>
    public async ValueTask<List<FetchTarget>> ResolveAsync(
        FetchContext opened, short version, string? zone, CancellationToken cancellationToken)
    {
        var asked = opened.Asked;
        var image = cluster.Image;
        if (!AllKnown(image, asked, version))
        {
            image = await cluster.GetCurrentAsync(cancellationToken).ConfigureAwait(false);
        }

        var targets = new List<FetchTarget>(asked.Count);
        for (var i = 0; i < asked.Count; i++)
        {
            targets.Add(Target(image, opened.Partitions[i], version, zone));
        }

        await WhenKnownAsync(targets, version, cancellationToken).ConfigureAwait(false);
        return targets;
    }

    private FetchTarget Target(ClusterImage image, SessionPartition partition, short version, string? zone)
    {
        var asked = partition.Asked;
        if (Find(image, asked, version) is not { } topic)
        {
            // KIP-516: the name now belongs to another topic, not just to none.
            var isReplaced = partition.KnownName is { } name && image.FindTopic(name) is not null;
            return new FetchTarget(asked, null, isReplaced ? ErrorCode.InconsistentTopicId : UnknownTopic(version));
        }

        partition.KnownName = version >= TopicIdVersion ? topic.Name : null;
        return topic.TryGetLog(asked.Partition.Partition, out var logId)
            ? new FetchTarget(asked, views.Get(logId), ErrorCode.None)
            {
                PreferredReadReplica = zone is null
                    ? PreferredReplicas.None
                    : replicas.Find(zone, topic.TopicId, asked.Partition.Partition),
            }
            : new FetchTarget(asked, null, ErrorCode.UnknownTopicOrPartition);
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

    private static bool AllKnown(ClusterImage image, List<AskedPartition> asked, short version)
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
