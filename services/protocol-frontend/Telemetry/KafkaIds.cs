using System.Buffers.Text;

namespace Spillway.ProtocolFrontend.Telemetry;

/// <summary>Ids in the text form that Kafka gives them: base64url without padding.</summary>
internal static class KafkaIds
{
    public static string Format(Guid id) => Base64Url.EncodeToString(id.ToByteArray(bigEndian: true));
}
