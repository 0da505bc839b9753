using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Tails;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>Finds the partitions that a fetch asks for; only what is unknown at a read barrier is answered as unknown.</summary>
internal sealed class FetchTargets(ClusterView cluster, PartitionViews views)
{
    // KIP-516: from this version on a fetch names topics by id.
    private const short TopicIdVersion = 13;

    /// <summary>One list a topic of the request, in the request's order.</summary>
    public async ValueTask<List<List<FetchTarget>>> ResolveAsync(FetchRequest request, short version, CancellationToken cancellationToken)
    {
        var image = cluster.Image;
        if (!AllKnown(image, request, version))
        {
            image = await cluster.GetCurrentAsync(cancellationToken).ConfigureAwait(false);
        }

        var topics = new List<List<FetchTarget>>(request.Topics.Count);
        foreach (var asked in request.Topics)
        {
            var topic = Find(image, asked, version);
            var targets = new List<FetchTarget>(asked.Partitions.Count);
            foreach (var partition in asked.Partitions)
            {
                targets.Add(Target(topic, partition, version));
            }

            topics.Add(targets);
        }

        await WhenKnownAsync(topics, version, cancellationToken).ConfigureAwait(false);
        return topics;
    }

    private FetchTarget Target(TopicView? topic, FetchRequest.FetchPartition partition, short version) =>
        topic is not null && topic.TryGetLog(partition.Partition, out var logId)
            ? new FetchTarget(partition, views.Get(logId), ErrorCode.None)
            : new FetchTarget(partition, null, topic is null && version >= TopicIdVersion ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition);

    private static async ValueTask WhenKnownAsync(List<List<FetchTarget>> topics, short version, CancellationToken cancellationToken)
    {
        foreach (var targets in topics)
        {
            foreach (var target in targets)
            {
                if (target.View is { Known.IsCompleted: false } view)
                {
                    await view.Known.WaitAsync(cancellationToken).ConfigureAwait(false);
                }

                if (target.View is { IsDeleted: true })
                {
                    target.Error = version >= TopicIdVersion ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition;
                }
            }
        }
    }

    private static bool AllKnown(ClusterImage image, FetchRequest request, short version)
    {
        foreach (var asked in request.Topics)
        {
            var topic = Find(image, asked, version);
            foreach (var partition in asked.Partitions)
            {
                if (topic is null || !topic.TryGetLog(partition.Partition, out _))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static TopicView? Find(ClusterImage image, FetchRequest.FetchTopic topic, short version) =>
        version >= TopicIdVersion ? image.FindTopic(topic.TopicId) : image.FindTopic(topic.Topic);
}
