using Google.Protobuf;

namespace Spillway.Metadata.Topics;

/// <summary>Topic ids as messages have them: 16 bytes, big-endian.</summary>
internal static class TopicIds
{
    public static Guid Read(ByteString bytes) => new(bytes.Span, bigEndian: true);

    public static ByteString Write(Guid id) => ByteString.CopyFrom(id.ToByteArray(bigEndian: true));
}
