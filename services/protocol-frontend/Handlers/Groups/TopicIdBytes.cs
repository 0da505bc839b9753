using Google.Protobuf;

namespace Spillway.ProtocolFrontend.Handlers.Groups;

/// <summary>Topic ids as the services' messages have them: 16 bytes, big-endian.</summary>
internal static class TopicIdBytes
{
    public static ByteString Write(Guid topicId) => ByteString.CopyFrom(topicId.ToByteArray(bigEndian: true));

    public static Guid Read(ByteString bytes) => new(bytes.Span, bigEndian: true);
}
