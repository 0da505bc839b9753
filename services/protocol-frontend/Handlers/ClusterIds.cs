namespace Spillway.ProtocolFrontend.Handlers;

/// <summary>Cluster ids as Kafka writes them: 16 bytes in base64url without padding, 22 characters.</summary>
internal static class ClusterIds
{
    public static string Format(Guid clusterId)
    {
        Span<byte> bytes = stackalloc byte[16];
        clusterId.TryWriteBytes(bytes, bigEndian: true, out _);
        return System.Buffers.Text.Base64Url.EncodeToString(bytes);
    }
}
