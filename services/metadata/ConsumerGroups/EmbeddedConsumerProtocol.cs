using System.Buffers;
using Google.Protobuf;
using Spillway.Kafka;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;

namespace Spillway.Metadata.ConsumerGroups;

/// <summary>
/// What consumers of the classic protocol put into their metadata and assignments: a version, then the message. The coordinator reads it
/// only where it has to: to tell which topics are read, and to take such members into a group of the consumer protocol.
/// </summary>
internal static class EmbeddedConsumerProtocol
{
    /// <summary>The protocol type of consumers.</summary>
    public const string Type = "consumer";

    private const short VersionMax = 3;

    /// <summary>Whether it subscribes to the topic. Metadata that nobody can read subscribes to everything.</summary>
    public static bool Reads(ByteString metadata, string topicName) =>
        TryReadSubscription(metadata) is not { } subscription || subscription.Topics.Contains(topicName);

    /// <summary>
    /// Null: it is not what consumers write. Some write a later version than they fill (@platformatic/kafka does); as versions only add at the
    /// end, what is there is read.
    /// </summary>
    public static ConsumerProtocolSubscription? TryReadSubscription(ByteString metadata)
    {
        for (var version = VersionMax; version >= 0; version--)
        {
            try
            {
                var reader = new WireReader(metadata.Memory);
                return ConsumerProtocolSubscription.Read(ref reader, Math.Min(Version(ref reader), version));
            }
            catch (MalformedMessageException)
            {
                // Perhaps an earlier version.
            }
        }

        return null;
    }

    /// <summary>Null: it is not what consumers write.</summary>
    public static ConsumerProtocolAssignment? TryReadAssignment(ByteString assignment)
    {
        if (assignment.IsEmpty)
        {
            return new ConsumerProtocolAssignment();
        }

        try
        {
            var reader = new WireReader(assignment.Memory);
            return ConsumerProtocolAssignment.Read(ref reader, Version(ref reader));
        }
        catch (MalformedMessageException)
        {
            return null;
        }
    }

    /// <summary>Those of them that there are.</summary>
    public static PartitionSet ToPartitions(IEnumerable<(string Topic, List<int> Partitions)> named, IGroupTopics topics) =>
        PartitionSet.Of(
            from topic in named
            let known = topics.Find(topic.Topic)
            where known is not null
            from partition in topic.Partitions
            where (uint)partition < (uint)known.Value.PartitionCount
            select new TopicIdPartition(known.Value.Id, partition));

    /// <summary>Writes an assignment in the version that the member's metadata has.</summary>
    public static ByteString WriteAssignment(PartitionSet partitions, IGroupTopics topics, ByteString metadata)
    {
        var assignment = new ConsumerProtocolAssignment();
        foreach (var topic in partitions.GroupBy(p => p.TopicId))
        {
            if (topics.FindName(topic.Key) is { } name)
            {
                assignment.AssignedPartitions.Add(new() { Topic = name, Partitions = [.. topic.Select(p => p.Partition)] });
            }
        }

        var reader = new WireReader(metadata.Memory);
        var version = Version(ref reader);
        var bytes = new ArrayBufferWriter<byte>();
        var writer = new WireWriter(bytes);
        writer.WriteInt16(version);
        assignment.Write(ref writer, version);
        writer.Flush();
        return ByteString.CopyFrom(bytes.WrittenSpan);
    }

    // A newer version only adds at the end.
    private static short Version(ref WireReader reader) => Math.Clamp(reader.ReadInt16(), (short)0, VersionMax);
}
