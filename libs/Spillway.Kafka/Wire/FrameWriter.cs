using System.Buffers;
using Spillway.Kafka.Messages;

namespace Spillway.Kafka.Wire;

/// <summary>frame = int32 length of the rest, header, body.</summary>
internal static class FrameWriter
{
    public static int Write(
        IBufferWriter<byte> output, IKafkaMessage header, short headerVersion, IKafkaMessage body, short version)
    {
        var length = checked(header.Size(headerVersion) + body.Size(version));
        var writer = new WireWriter(output);
        writer.WriteInt32(length);
        header.Write(ref writer, headerVersion);
        body.Write(ref writer, version);
        writer.Flush();

        // A frame whose length lies would shift every frame after it on the connection: better to lose the connection.
        if (writer.WrittenBytes != length + 4L)
        {
            throw new InvalidOperationException(
                $"{body.GetType().Name} v{version} has {writer.WrittenBytes - 4} bytes, announced were {length}");
        }

        return length + 4;
    }
}
