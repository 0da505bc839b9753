using System.Buffers;
using System.Numerics;
using System.Text;

namespace Spillway.Kafka.Wire;

/// <summary>How many bytes the fields of variable size take on the wire.</summary>
internal static class WireSize
{
    /// <summary>uvarint: seven bits a byte.</summary>
    public static int UnsignedVarint(uint value) => (BitOperations.Log2(value | 1) / 7) + 1;

    /// <summary>tag, size.</summary>
    public static int TagHeader(uint tag, int sizeBytes) => UnsignedVarint(tag) + UnsignedVarint((uint)sizeBytes);

    /// <summary>int16 length, UTF-8.</summary>
    public static int String(string? value) => value is null ? 2 : 2 + Utf8Length(value);

    /// <summary>uvarint length + 1, UTF-8.</summary>
    public static int CompactString(string? value) => value is null ? 1 : Compact(Utf8Length(value));

    /// <summary>int32 length, bytes.</summary>
    public static int Bytes(ReadOnlyMemory<byte> value) => checked(4 + value.Length);

    /// <summary>int32 length or -1, bytes.</summary>
    public static int Bytes(ReadOnlyMemory<byte>? value) => checked(4 + (value?.Length ?? 0));

    /// <summary>uvarint length + 1, bytes.</summary>
    public static int CompactBytes(ReadOnlyMemory<byte> value) => Compact(value.Length);

    /// <summary>uvarint length + 1 or 0, bytes.</summary>
    public static int CompactBytes(ReadOnlyMemory<byte>? value) => value is { } bytes ? Compact(bytes.Length) : 1;

    /// <summary>int32 length or -1, bytes.</summary>
    public static int Records(ReadOnlySequence<byte>? value) => checked(4 + (int)(value?.Length ?? 0));

    /// <summary>uvarint length + 1 or 0, bytes.</summary>
    public static int CompactRecords(ReadOnlySequence<byte>? value) =>
        value is { } records ? Compact(checked((int)records.Length)) : 1;

    private static int Compact(int lengthBytes) => checked(UnsignedVarint((uint)lengthBytes + 1) + lengthBytes);

    private static int Utf8Length(string value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        if (length > short.MaxValue)
        {
            UnwritableMessageException.ThrowStringTooLong(length);
        }

        return length;
    }
}
