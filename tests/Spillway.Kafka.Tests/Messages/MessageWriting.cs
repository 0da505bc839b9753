using System.Buffers;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;

namespace Spillway.Kafka.Tests.Messages;

internal static class MessageWriting
{
    public static byte[] ToBytes(this IKafkaMessage message, short version)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new WireWriter(output);
        message.Write(ref writer, version);
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }
}
