using Google.Protobuf;
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

    /// <summary>Null: it is not what consumers write.</summary>
    public static ConsumerProtocolSubscription? TryReadSubscription(ByteString metadata)
    {
        try
        {
            var reader = new WireReader(metadata.Memory);
            return ConsumerProtocolSubscription.Read(ref reader, Version(ref reader));
        }
        catch (MalformedMessageException)
        {
            return null;
        }
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

    // A newer version only adds at the end.
    private static short Version(ref WireReader reader) => Math.Clamp(reader.ReadInt16(), (short)0, VersionMax);
}
