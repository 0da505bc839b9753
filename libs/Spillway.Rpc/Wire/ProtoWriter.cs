using System.Numerics;
using System.Text;

namespace Spillway.Rpc;

/// <summary>
/// Writes protobuf fields into memory whose length was computed before, for the messages that are encoded by hand. A field of value
/// zero is not written, as proto3 has it; field numbers are below 16, so that a tag is one
/// byte, but for what says otherwise.
/// </summary>
internal ref struct ProtoWriter(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;

    public int Position { get; private set; }

    public static int VarintBytes(ulong value) => (BitOperations.Log2(value | 1) / 7) + 1;

    public static int FieldBytes(ulong value) => value == 0 ? 0 : 1 + VarintBytes(value);

    public static int FieldBytes(int value) => FieldBytes((ulong)(long)value);

    public static int FieldBytes(long value) => FieldBytes((ulong)value);

    /// <summary>A length-delimited field: tag, length and that many bytes.</summary>
    public static int DelimitedBytes(int lengthBytes) => 1 + VarintBytes((ulong)lengthBytes) + lengthBytes;

    public static int StringBytes(string? value) =>
        string.IsNullOrEmpty(value) ? 0 : DelimitedBytes(Encoding.UTF8.GetByteCount(value));

    /// <summary>As the signed types of a schema have it: small numbers of either sign are short.</summary>
    public static ulong ZigZag(long value) => (ulong)((value << 1) ^ (value >> 63));

    public void WriteField(int field, ulong value)
    {
        if (value != 0)
        {
            _destination[Position++] = (byte)((field << 3) | ProtoReader.Varint);
            WriteVarint(value);
        }
    }

    public void WriteField(int field, int value) => WriteField(field, (ulong)(long)value);

    public void WriteField(int field, long value) => WriteField(field, (ulong)value);

    public void WriteString(int field, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            WriteDelimiter(field, Encoding.UTF8.GetByteCount(value));
            Position += Encoding.UTF8.GetBytes(value, _destination[Position..]);
        }
    }

    /// <summary>Tag and length of a field whose bytes follow.</summary>
    public void WriteDelimiter(int field, int lengthBytes)
    {
        _destination[Position++] = (byte)((field << 3) | ProtoReader.LengthDelimited);
        WriteVarint((ulong)lengthBytes);
    }

    /// <summary>The same for a field whose tag takes two bytes: from 16 to 2,047.</summary>
    public void WriteLongDelimiter(int field, int lengthBytes)
    {
        WriteVarint((ulong)((field << 3) | ProtoReader.LengthDelimited));
        WriteVarint((ulong)lengthBytes);
    }

    private void WriteVarint(ulong value)
    {
        while (value >= 0x80)
        {
            _destination[Position++] = (byte)(value | 0x80);
            value >>= 7;
        }
        _destination[Position++] = (byte)value;
    }
}
