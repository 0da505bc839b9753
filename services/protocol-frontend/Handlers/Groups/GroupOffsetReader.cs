using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Groups;

/// <summary>Asks for one group's committed offsets and puts names to topic ids. What was never committed is -1, not an error.</summary>
internal sealed class GroupOffsetReader(IGroupService groups, ClusterView cluster)
{
    public async ValueTask<OffsetFetchResponse.OffsetFetchResponseGroup> ReadAsync(
        OffsetFetchRequest.OffsetFetchRequestGroup asked, bool requireStable, bool byId, CancellationToken cancellationToken)
    {
        var call = new FetchOffsetsCall
        {
            GroupId = asked.GroupId, MemberEpoch = asked.MemberEpoch, RequireStable = requireStable, AllTopics = asked.Topics is null,
        };
        if (asked.MemberId is not null)
        {
            call.MemberId = asked.MemberId;
        }

        return asked.Topics is null
            ? await ReadAllAsync(call, cancellationToken).ConfigureAwait(false)
            : await ReadSomeAsync(call, asked.Topics, byId, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The answer when the group could not be asked: the error for it and for all that was asked of it.</summary>
    public static OffsetFetchResponse.OffsetFetchResponseGroup Failed(
        OffsetFetchRequest.OffsetFetchRequestGroup asked, ErrorCode error)
    {
        var answer = new OffsetFetchResponse.OffsetFetchResponseGroup { GroupId = asked.GroupId, ErrorCode = (short)error };
        foreach (var topic in asked.Topics ?? [])
        {
            var failed = new OffsetFetchResponse.OffsetFetchResponseTopics { Name = topic.Name, TopicId = topic.TopicId };
            foreach (var partition in topic.PartitionIndexes)
            {
                failed.Partitions.Add(Nothing(partition, error));
            }

            answer.Topics.Add(failed);
        }

        return answer;
    }

    private async ValueTask<OffsetFetchResponse.OffsetFetchResponseGroup> ReadSomeAsync(
        FetchOffsetsCall call,
        List<OffsetFetchRequest.OffsetFetchRequestTopics> topics,
        bool byId,
        CancellationToken cancellationToken)
    {
        var image = topics.TrueForAll(topic => Find(cluster.Image, topic, byId) is not null)
            ? cluster.Image
            : await cluster.GetCurrentAsync(cancellationToken).ConfigureAwait(false);
        var answer = new OffsetFetchResponse.OffsetFetchResponseGroup { GroupId = call.GroupId };
        var waiting = new List<OffsetFetchResponse.OffsetFetchResponsePartitions>();
        foreach (var asked in topics)
        {
            var known = Find(image, asked, byId);
            var topic = new OffsetFetchResponse.OffsetFetchResponseTopics { Name = asked.Name, TopicId = asked.TopicId };
            foreach (var partition in asked.PartitionIndexes)
            {
                var result = Nothing(partition, known is null && byId ? ErrorCode.UnknownTopicId : ErrorCode.None);
                topic.Partitions.Add(result);
                if (known is not null)
                {
                    call.Offsets.Add(new OffsetToFetch { TopicId = TopicIdBytes.Write(known.TopicId), Partition = partition });
                    waiting.Add(result);
                }
            }

            answer.Topics.Add(topic);
        }

        if (waiting.Count > 0)
        {
            var result = await groups.FetchOffsetsAsync(call, cancellationToken).ConfigureAwait(false);
            if (result.ErrorCode != 0)
            {
                return new() { GroupId = call.GroupId, ErrorCode = (short)result.ErrorCode, Topics = answer.Topics };
            }

            for (var i = 0; i < waiting.Count; i++)
            {
                Fill(waiting[i], result.Offsets[i]);
            }
        }

        return answer;
    }

    private async ValueTask<OffsetFetchResponse.OffsetFetchResponseGroup> ReadAllAsync(
        FetchOffsetsCall call, CancellationToken cancellationToken)
    {
        var result = await groups.FetchOffsetsAsync(call, cancellationToken).ConfigureAwait(false);
        var answer = new OffsetFetchResponse.OffsetFetchResponseGroup { GroupId = call.GroupId, ErrorCode = (short)result.ErrorCode };
        var byTopic = result.Offsets.GroupBy(static offset => TopicIdBytes.Read(offset.TopicId)).ToList();
        var image = byTopic.TrueForAll(topic => cluster.Image.FindTopic(topic.Key) is not null)
            ? cluster.Image
            : await cluster.GetCurrentAsync(cancellationToken).ConfigureAwait(false);
        foreach (var offsets in byTopic)
        {
            // Deleted since: its offsets go with it.
            if (image.FindTopic(offsets.Key) is not { } known)
            {
                continue;
            }

            var topic = new OffsetFetchResponse.OffsetFetchResponseTopics { Name = known.Name, TopicId = known.TopicId };
            foreach (var offset in offsets)
            {
                var partition = Nothing(offset.Partition, ErrorCode.None);
                Fill(partition, offset);
                topic.Partitions.Add(partition);
            }

            answer.Topics.Add(topic);
        }

        return answer;
    }

    private static TopicView? Find(ClusterImage image, OffsetFetchRequest.OffsetFetchRequestTopics topic, bool byId) =>
        byId ? image.FindTopic(topic.TopicId) : image.FindTopic(topic.Name);

    private static OffsetFetchResponse.OffsetFetchResponsePartitions Nothing(int partition, ErrorCode error) => new()
    {
        PartitionIndex = partition, CommittedOffset = -1, CommittedLeaderEpoch = -1, Metadata = "", ErrorCode = (short)error,
    };

    private static void Fill(OffsetFetchResponse.OffsetFetchResponsePartitions partition, FetchedOffset offset)
    {
        partition.ErrorCode = (short)offset.ErrorCode;
        partition.CommittedOffset = offset.Offset;
        partition.CommittedLeaderEpoch = offset.LeaderEpoch;
        partition.Metadata = offset.Metadata;
    }
}
