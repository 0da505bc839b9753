using System.Buffers.Binary;
using Spillway.Kafka;

namespace Spillway.Storage.Wal;

/// <summary>
/// One batch in a block's directory: whose it is and where in the payload it lies.
/// Little-endian: logId 8 · position in the payload 4 · length 4.
/// </summary>
/// <param name="LogId">The partition's log.</param>
/// <param name="Position">Where the batch begins, in bytes from the payload's begin.</param>
/// <param name="LengthBytes">How long it is.</param>
public readonly record struct WalDirectoryEntry(LogId LogId, int Position, int LengthBytes)
{
    /// <summary>The size of an entry in the file.</summary>
    public const int EncodedBytes = 16;

    /// <summary>Writes the entry.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt64LittleEndian(destination, LogId.Value);
        BinaryPrimitives.WriteInt32LittleEndian(destination[8..], Position);
        BinaryPrimitives.WriteInt32LittleEndian(destination[12..], LengthBytes);
    }

    /// <summary>Reads an entry whose bytes a checksum has vouched for.</summary>
    public static WalDirectoryEntry Read(ReadOnlySpan<byte> source) => new(
        new LogId(BinaryPrimitives.ReadInt64LittleEndian(source)),
        BinaryPrimitives.ReadInt32LittleEndian(source[8..]),
        BinaryPrimitives.ReadInt32LittleEndian(source[12..]));
}
