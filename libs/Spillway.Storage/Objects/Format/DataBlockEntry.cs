using System.Buffers.Binary;
using Spillway.Kafka;

namespace Spillway.Storage.Objects.Format;

/// <summary>
/// The index's line for one data block.
/// <code>
/// index-entry = log-id(8) base-offset(8) last-offset(8) position(8) size-bytes(8) record-count(8) max-timestamp(8) crc32c(4) reserved(4)
/// </code>
/// </summary>
/// <param name="LogId">The log whose batches it holds.</param>
/// <param name="BaseOffset">The first offset that it stands for: that of its first batch, or of the gap before it that log compaction left.</param>
/// <param name="LastOffset">Offset of its last record, inclusive.</param>
/// <param name="Position">Where it begins in the object, in bytes.</param>
/// <param name="SizeBytes">Its length.</param>
/// <param name="RecordCount">Records in it.</param>
/// <param name="MaxTimestamp">Highest timestamp in it, in ms.</param>
/// <param name="Crc32C">Checksum of its bytes.</param>
public readonly record struct DataBlockEntry(
    LogId LogId,
    long BaseOffset,
    long LastOffset,
    long Position,
    long SizeBytes,
    long RecordCount,
    long MaxTimestamp,
    uint Crc32C)
{
    internal static DataBlockEntry Read(ReadOnlySpan<byte> bytes) => new(
        new LogId(BinaryPrimitives.ReadInt64LittleEndian(bytes)),
        BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
        BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]),
        BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]),
        BinaryPrimitives.ReadInt64LittleEndian(bytes[40..]),
        BinaryPrimitives.ReadInt64LittleEndian(bytes[48..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[56..]));

    internal void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteInt64LittleEndian(bytes, LogId.Value);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], BaseOffset);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], LastOffset);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], Position);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[32..], SizeBytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[40..], RecordCount);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[48..], MaxTimestamp);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[56..], Crc32C);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[60..], 0);
    }
}
