using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Spillway.Rpc;

/// <summary>
/// Reads protobuf fields of a message that is in memory whole, for the messages that are decoded by hand. No length is trusted:
/// whatever is malformed is an <see cref="RpcException"/> of code Internal.
/// <code>message := { tag:varint(field &lt;&lt; 3 | wireType) value }</code>
/// </summary>
internal ref struct ProtoReader(ReadOnlySpan<byte> message)
{
    public const int Varint = 0;
    public const int Fixed64 = 1;
    public const int LengthDelimited = 2;
    public const int Fixed32 = 5;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _message = message;

    /// <summary>The position of the next byte.</summary>
    public int Position { get; private set; }

    /// <summary>False at the end of the message.</summary>
    public bool TryReadTag(out int field, out int wireType)
    {
        if (Position == _message.Length)
        {
            field = wireType = 0;
            return false;
        }
        var tag = ReadVarint();
        field = (int)(tag >> 3);
        wireType = (int)(tag & 7);
        if (tag > uint.MaxValue || field == 0)
        {
            ThrowMalformed();
        }
        return true;
    }

    public ulong ReadVarint()
    {
        var value = 0ul;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (Position == _message.Length)
            {
                ThrowMalformed();
            }
            var b = _message[Position++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }
        ThrowMalformed();
        return 0;
    }

    public long ReadInt64() => (long)ReadVarint();

    // A negative int32 is written as the ten bytes of the int64: what is above 32 bits is its sign.
    public int ReadInt32() => (int)ReadVarint();

    public long ReadSInt64()
    {
        var value = ReadVarint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    // The generated classes cut a longer varint to 32 bits before they undo the zigzag.
    public int ReadSInt32()
    {
        var value = (uint)ReadVarint();
        return (int)(value >> 1) ^ -(int)(value & 1);
    }

    /// <summary>Reads a length and moves past its bytes, which begin at <paramref name="start"/>.</summary>
    public ReadOnlySpan<byte> ReadBytes(out int start)
    {
        var length = ReadVarint();
        start = Position;
        if (length > (ulong)(_message.Length - Position))
        {
            ThrowMalformed();
        }
        Position += (int)length;
        return _message.Slice(start, (int)length);
    }

    public string ReadString()
    {
        try
        {
            return StrictUtf8.GetString(ReadBytes(out _));
        }
        catch (DecoderFallbackException)
        {
            ThrowMalformed();
            return "";
        }
    }

    /// <summary>Moves past a value that the reader has no use for.</summary>
    public void Skip(int wireType)
    {
        switch (wireType)
        {
            case Varint:
                ReadVarint();
                break;
            case LengthDelimited:
                ReadBytes(out _);
                break;
            case Fixed64 when _message.Length - Position >= 8:
                Position += 8;
                break;
            case Fixed32 when _message.Length - Position >= 4:
                Position += 4;
                break;
            default:
                ThrowMalformed();
                break;
        }
    }

    [DoesNotReturn]
    public static void ThrowMalformed() => throw new RpcException(RpcStatusCode.Internal, "A message is malformed.");
}
