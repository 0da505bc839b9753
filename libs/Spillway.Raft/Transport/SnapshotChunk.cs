using System.Buffers.Binary;

namespace Spillway.Raft.Transport;

/// <summary>
/// A snapshot file on its way (docs/formats/raft-messages.md): pieces of length u32 · CRC-32C u32 · bytes, as many as make the
/// file; then length 0 · CRC-32C of the whole file. The receiver answers one byte, 1, when it has it all.
/// </summary>
internal static class SnapshotChunk
{
    public const int HeaderBytes = 8;
    public const int ContentBytesMax = 256 << 10;
    public const byte Received = 1;

    public static void WriteHeader(Span<byte> header, int contentBytes, uint checksum)
    {
        BinaryPrimitives.WriteInt32LittleEndian(header, contentBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], checksum);
    }

    public static (int ContentBytes, uint Checksum) ReadHeader(ReadOnlySpan<byte> header) =>
        (BinaryPrimitives.ReadInt32LittleEndian(header), BinaryPrimitives.ReadUInt32LittleEndian(header[4..]));
}
