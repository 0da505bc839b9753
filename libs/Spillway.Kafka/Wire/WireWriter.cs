using System.Buffers;
using System.Buffers.Binary;

namespace Spillway.Kafka.Wire;

/// <summary>
/// Writes Kafka's primitives to a buffer writer, span by span. Bytes reach <c>output</c> when a span is full and at
/// <see cref="Flush"/>: call it once, last. A writer that is dropped without it leaves out what the last span held.
/// </summary>
/// <param name="output">Where the bytes go. Nobody else may write to it until <see cref="Flush"/>.</param>
public ref partial struct WireWriter(IBufferWriter<byte> output)
{
    // Enough for many small fields per span asked for, and no more than pool blocks commonly have.
    private const int SpanBytesMin = 256;

    private readonly IBufferWriter<byte> _output = output;
    private Span<byte> _span;
    private int _used;
    private long _committedBytes;

    /// <summary>How many bytes have been written, those that are not flushed included.</summary>
    public readonly long WrittenBytes => _committedBytes + _used;

    /// <summary>Hands the bytes of the last span over.</summary>
    public void Flush()
    {
        if (_used > 0)
        {
            _output.Advance(_used);
            _committedBytes += _used;
        }

        _used = 0;
        _span = default;
    }

    /// <summary>Writes 1 or 0.</summary>
    public void WriteBool(bool value) => Reserve(1)[0] = value ? (byte)1 : (byte)0;

    /// <summary>Writes a signed byte.</summary>
    public void WriteInt8(sbyte value) => Reserve(1)[0] = (byte)value;

    /// <summary>Writes two bytes, big-endian.</summary>
    public void WriteInt16(short value) => BinaryPrimitives.WriteInt16BigEndian(Reserve(2), value);

    /// <summary>Writes two bytes, big-endian.</summary>
    public void WriteUInt16(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Reserve(2), value);

    /// <summary>Writes four bytes, big-endian.</summary>
    public void WriteInt32(int value) => BinaryPrimitives.WriteInt32BigEndian(Reserve(4), value);

    /// <summary>Writes four bytes, big-endian.</summary>
    public void WriteUInt32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Reserve(4), value);

    /// <summary>Writes eight bytes, big-endian.</summary>
    public void WriteInt64(long value) => BinaryPrimitives.WriteInt64BigEndian(Reserve(8), value);

    /// <summary>Writes an IEEE 754 double, big-endian.</summary>
    public void WriteFloat64(double value) => BinaryPrimitives.WriteDoubleBigEndian(Reserve(8), value);

    /// <summary>Writes sixteen bytes, the most significant first.</summary>
    public void WriteUuid(Guid value) => value.TryWriteBytes(Reserve(16), bigEndian: true, out _);

    /// <summary>Writes an unsigned integer, seven bits a byte, the least significant first.</summary>
    public void WriteUnsignedVarint(uint value)
    {
        while (value >= 0x80)
        {
            Reserve(1)[0] = (byte)(value | 0x80);
            value >>= 7;
        }

        Reserve(1)[0] = (byte)value;
    }

    /// <summary>Copies bytes as they are.</summary>
    public void WriteRaw(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > _span.Length - _used)
        {
            var part = _span.Length - _used;
            bytes[..part].CopyTo(_span[_used..]);
            _used += part;
            bytes = bytes[part..];
            NextSpan(SpanBytesMin);
        }

        bytes.CopyTo(_span[_used..]);
        _used += bytes.Length;
    }

    /// <summary>Copies bytes as they are, segment by segment.</summary>
    public void WriteRaw(ReadOnlySequence<byte> bytes)
    {
        foreach (var segment in bytes)
        {
            WriteRaw(segment.Span);
        }
    }

    private Span<byte> Reserve(int lengthBytes)
    {
        if (lengthBytes > _span.Length - _used)
        {
            NextSpan(lengthBytes);
        }

        var reserved = _span.Slice(_used, lengthBytes);
        _used += lengthBytes;
        return reserved;
    }

    private void NextSpan(int lengthBytes)
    {
        Flush();
        _span = _output.GetSpan(Math.Max(lengthBytes, SpanBytesMin));
    }
}
