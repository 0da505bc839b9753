using System.Buffers;
using Spillway.Kafka.Messages;

namespace Spillway.Kafka.Wire;

/// <summary>request frame = int32 length of the rest, request header, body.</summary>
public static class RequestFrame
{
    /// <summary>Writes a whole frame; returns its bytes, the length prefix included.</summary>
    /// <exception cref="UnwritableMessageException">
    /// The version cannot carry what the body holds; nothing has been written then.
    /// </exception>
    public static int Write(
        IBufferWriter<byte> output,
        ApiKey apiKey,
        short version,
        int correlationId,
        string? clientId,
        IKafkaRequest body)
    {
        var header = new RequestHeader
        {
            RequestApiKey = (short)apiKey,
            RequestApiVersion = version,
            CorrelationId = correlationId,
            ClientId = clientId,
        };
        return FrameWriter.Write(output, header, MessageCatalog.RequestHeaderVersion(apiKey, version), body, version);
    }

    /// <summary>
    /// Reads the header of a frame whose length prefix is gone; the body follows. Key and version are the client's word:
    /// ask <see cref="MessageCatalog.IsKnown(ApiKey, short)"/> before reading the body. An unknown key is read with
    /// header version 1, whose fields all versions share.
    /// </summary>
    public static RequestHeader ReadHeader(ref WireReader reader)
    {
        var peek = reader;
        var apiKey = (ApiKey)peek.ReadInt16();
        var version = peek.ReadInt16();
        return RequestHeader.Read(
            ref reader, MessageCatalog.IsKnown(apiKey) ? MessageCatalog.RequestHeaderVersion(apiKey, version) : (short)1);
    }
}
