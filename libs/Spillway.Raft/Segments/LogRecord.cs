using System.Buffers.Binary;

namespace Spillway.Raft.Segments;

/// <summary>
/// The frame of everything in a segment after its header (docs/formats/metadata-log.md). Little-endian, 8-byte aligned:
/// payload length u32 · CRC-32C u32 · kind u8 · zero u8[3] · write number u32 · payload · zero padding.
/// The checksum starts with the segment number and the record's position, so that bytes which belong elsewhere never
/// pass for a record here. The write number counts the segment's writes: each is flushed before the next is issued.
/// </summary>
internal static class LogRecord
{
    public const int HeaderBytes = 16;

    public static int AlignedBytes(int payloadBytes) => (HeaderBytes + payloadBytes + 7) & ~7;

    /// <summary>Fills in the header of a record whose payload is in place, and clears its padding.</summary>
    public static void Seal(
        Span<byte> record, int payloadBytes, LogRecordKind kind, uint writeNumber, ulong segment, long position)
    {
        record = record[..AlignedBytes(payloadBytes)];
        record[(HeaderBytes + payloadBytes)..].Clear();
        BinaryPrimitives.WriteInt32LittleEndian(record, payloadBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(record[8..], (byte)kind);
        BinaryPrimitives.WriteUInt32LittleEndian(record[12..], writeNumber);
        BinaryPrimitives.WriteUInt32LittleEndian(record[4..], Checksum(record, payloadBytes, segment, position));
    }

    /// <summary>Reads the record at a position of a segment in memory; false when none is valid there.</summary>
    public static bool TryRead(
        ReadOnlySpan<byte> segmentBytes,
        long position,
        ulong segment,
        out LogRecordKind kind,
        out uint writeNumber,
        out ReadOnlySpan<byte> payload)
    {
        kind = default;
        writeNumber = 0;
        payload = default;
        var rest = segmentBytes[(int)position..];
        if (rest.Length < HeaderBytes)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
        var kindWord = BinaryPrimitives.ReadUInt32LittleEndian(rest[8..]);
        if (length <= 0 || length > rest.Length - HeaderBytes || kindWord is 0 or > byte.MaxValue
            || BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]) != Checksum(rest, length, segment, position))
        {
            return false;
        }

        kind = (LogRecordKind)kindWord;
        writeNumber = BinaryPrimitives.ReadUInt32LittleEndian(rest[12..]);
        payload = rest.Slice(HeaderBytes, length);
        return true;
    }

    private static uint Checksum(ReadOnlySpan<byte> record, int payloadBytes, ulong segment, long position)
    {
        Span<byte> place = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(place, segment);
        BinaryPrimitives.WriteInt64LittleEndian(place[8..], position);
        var crc = Crc32C.Compute(place);
        crc = Crc32C.Append(crc, record[..4]);
        return Crc32C.Append(crc, record.Slice(8, 8 + payloadBytes));
    }
}
