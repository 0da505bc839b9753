using System.Buffers;
using System.Text;

namespace Spillway.Kafka.Wire;

// Fields with a length before them, plain (-1 is null) or compact (an unsigned varint of length + 1, 0 is null).
public ref partial struct WireWriter
{
    // Up to here a string's bytes are reserved as one span; a UTF-16 char is at most three bytes of UTF-8.
    private const int StringCharsInOneSpan = 1024;

    /// <summary>string = int16 length or -1 for null, UTF-8.</summary>
    public void WriteString(string? value)
    {
        if (value is null)
        {
            WriteInt16(-1);
            return;
        }

        var length = LengthOf(value);
        WriteInt16((short)length);
        WriteUtf8(value, length);
    }

    /// <summary>compact string = uvarint length + 1 or 0 for null, UTF-8.</summary>
    public void WriteCompactString(string? value)
    {
        if (value is null)
        {
            WriteUnsignedVarint(0);
            return;
        }

        var length = LengthOf(value);
        WriteUnsignedVarint((uint)length + 1);
        WriteUtf8(value, length);
    }

    /// <summary>bytes = int32 length, bytes.</summary>
    public void WriteBytes(ReadOnlyMemory<byte> value)
    {
        WriteInt32(value.Length);
        WriteRaw(value.Span);
    }

    /// <summary>nullable bytes = int32 length or -1, bytes.</summary>
    public void WriteBytes(ReadOnlyMemory<byte>? value)
    {
        if (value is { } bytes)
        {
            WriteBytes(bytes);
            return;
        }

        WriteInt32(-1);
    }

    /// <summary>compact bytes = uvarint length + 1, bytes.</summary>
    public void WriteCompactBytes(ReadOnlyMemory<byte> value)
    {
        WriteUnsignedVarint((uint)value.Length + 1);
        WriteRaw(value.Span);
    }

    /// <summary>nullable compact bytes = uvarint length + 1 or 0, bytes.</summary>
    public void WriteCompactBytes(ReadOnlyMemory<byte>? value)
    {
        if (value is { } bytes)
        {
            WriteCompactBytes(bytes);
            return;
        }

        WriteUnsignedVarint(0);
    }

    /// <summary>nullable records = int32 length or -1, bytes.</summary>
    public void WriteRecords(ReadOnlySequence<byte>? value)
    {
        if (value is { } records)
        {
            WriteInt32(checked((int)records.Length));
            WriteRaw(records);
            return;
        }

        WriteInt32(-1);
    }

    /// <summary>nullable compact records = uvarint length + 1 or 0, bytes.</summary>
    public void WriteCompactRecords(ReadOnlySequence<byte>? value)
    {
        if (value is { } records)
        {
            WriteUnsignedVarint((uint)checked((int)records.Length) + 1);
            WriteRaw(records);
            return;
        }

        WriteUnsignedVarint(0);
    }

    private static int LengthOf(string value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        if (length > short.MaxValue)
        {
            UnwritableMessageException.ThrowStringTooLong(length);
        }

        return length;
    }

    private void WriteUtf8(string value, int lengthBytes)
    {
        if (value.Length <= StringCharsInOneSpan)
        {
            Encoding.UTF8.GetBytes(value, Reserve(lengthBytes));
            return;
        }

        // A long string (at most 32767 bytes) must not force a large span on the output.
        var buffer = ArrayPool<byte>.Shared.Rent(lengthBytes);
        try
        {
            WriteRaw(buffer.AsSpan(0, Encoding.UTF8.GetBytes(value, buffer)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
