using System.Buffers;
using Spillway.Kafka.Messages;

namespace Spillway.Kafka.Wire;

/// <summary>response frame = int32 length of the rest, response header, body.</summary>
public static class ResponseFrame
{
    /// <summary>Writes a whole frame; returns its bytes, the length prefix included.</summary>
    /// <exception cref="UnwritableMessageException">
    /// The version cannot carry what the body holds; nothing has been written then.
    /// </exception>
    public static int Write(
        IBufferWriter<byte> output, ApiKey apiKey, short version, int correlationId, IKafkaResponse body)
    {
        var headerVersion = MessageCatalog.ResponseHeaderVersion(apiKey, version);
        var header = new ResponseHeader { CorrelationId = correlationId };
        return FrameWriter.Write(output, header, headerVersion, body, version);
    }

    /// <summary>Reads the header of a frame whose length prefix is gone; the body follows.</summary>
    public static ResponseHeader ReadHeader(ref WireReader reader, ApiKey apiKey, short version) =>
        ResponseHeader.Read(ref reader, MessageCatalog.ResponseHeaderVersion(apiKey, version));
}
