using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Spillway.Kafka.Wire;

/// <summary>
/// Reads Kafka's primitives from one frame, without trusting a length in it: whatever the bytes are, the result is a value
/// or a <see cref="MalformedMessageException"/>, and nothing is allocated on the word of a length alone.
/// Bytes and records are slices of the frame, so the frame must live as long as the message is used.
/// </summary>
public ref partial struct WireReader
{
    // A list of structures starts with at most this many places and grows by what is really there.
    private const int FirstListCapacityMax = 64;

    private readonly ReadOnlyMemory<byte> _frame;
    private readonly ReadOnlySpan<byte> _span;
    private int _position;

    /// <summary>Starts at the first byte of <paramref name="frame"/>, which is one frame without its length prefix.</summary>
    public WireReader(ReadOnlyMemory<byte> frame)
    {
        _frame = frame;
        _span = frame.Span;
    }

    /// <summary>How many bytes have been read.</summary>
    public readonly int Position => _position;

    /// <summary>How many bytes are left.</summary>
    public readonly int Remaining => _span.Length - _position;

    /// <summary>Reads a byte that is 0 for false; anything else is true.</summary>
    public bool ReadBool() => Take(1)[0] != 0;

    /// <summary>Reads a signed byte.</summary>
    public sbyte ReadInt8() => (sbyte)Take(1)[0];

    /// <summary>Reads two bytes, big-endian.</summary>
    public short ReadInt16() => BinaryPrimitives.ReadInt16BigEndian(Take(2));

    /// <summary>Reads two bytes, big-endian.</summary>
    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    /// <summary>Reads four bytes, big-endian.</summary>
    public int ReadInt32() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    /// <summary>Reads four bytes, big-endian.</summary>
    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    /// <summary>Reads eight bytes, big-endian.</summary>
    public long ReadInt64() => BinaryPrimitives.ReadInt64BigEndian(Take(8));

    /// <summary>Reads an IEEE 754 double, big-endian.</summary>
    public double ReadFloat64() => BinaryPrimitives.ReadDoubleBigEndian(Take(8));

    /// <summary>Reads sixteen bytes, the most significant first.</summary>
    public Guid ReadUuid() => new(Take(16), bigEndian: true);

    /// <summary>Reads an unsigned integer, seven bits a byte, the least significant first.</summary>
    public uint ReadUnsignedVarint()
    {
        var start = _position;
        uint value = 0;
        for (var shift = 0; shift < 35; shift += 7)
        {
            var next = Take(1)[0];
            if (shift == 28 && next > 0x0F)
            {
                break;
            }

            value |= (uint)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        MalformedMessageException.ThrowVarint(start);
        return 0;
    }

    private ReadOnlySpan<byte> Take(int lengthBytes)
    {
        var position = _position;
        if ((uint)lengthBytes > (uint)(_span.Length - position))
        {
            MalformedMessageException.ThrowTruncated(position, lengthBytes, _span.Length - position);
        }

        _position = position + lengthBytes;
        return _span.Slice(position, lengthBytes);
    }

    private ReadOnlyMemory<byte> TakeMemory(int lengthBytes)
    {
        var position = _position;
        Take(lengthBytes);
        return _frame.Slice(position, lengthBytes);
    }

    private string TakeString(int lengthBytes) => Encoding.UTF8.GetString(TakeUtf8(lengthBytes).Span);

    private ReadOnlyMemory<byte> TakeUtf8(int lengthBytes)
    {
        var position = _position;
        var utf8 = TakeMemory(lengthBytes);
        if (!Utf8.IsValid(utf8.Span))
        {
            MalformedMessageException.ThrowUtf8(position);
        }

        return utf8;
    }
}
