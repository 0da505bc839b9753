using Spillway.Rpc.Wal;

namespace Spillway.Rpc.Reading;

/// <summary>What both sides of <c>spillway.wal.v1.WalRead</c> agree on.</summary>
internal static class WalReadMethods
{
    /// <summary>Bytes of one message: few enough for the windows of HTTP/2, enough that its head is nothing beside it.</summary>
    public const int ChunkBytesMax = 256 << 10;

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<ReadRangeRequest, WalChunk> ReadRange { get; } = new(
        RpcMethod.PathOf("spillway.wal.v1.WalRead", "ReadRange"),
        ProtobufMarshaller<ReadRangeRequest>.Instance,
        RangeChunkFormat.Instance);
}
