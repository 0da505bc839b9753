using System.Buffers;

namespace Spillway.Kafka.Wire;

// Fields with a length before them: strings, bytes, records and arrays, with plain lengths (-1 is null) or compact ones
// (an unsigned varint of length + 1, 0 is null).
public ref partial struct WireReader
{
    private const int StringBytesMax = short.MaxValue;

    // Typed, because a bare null in a conditional turns into empty memory by the conversion from byte[].
    private static ReadOnlyMemory<byte>? NoBytes => null;

    /// <summary>string = int16 length, UTF-8.</summary>
    public string ReadString() => ReadNullableString() ?? ThrowNull<string>();

    /// <summary>nullable string = int16 length or -1, UTF-8.</summary>
    public string? ReadNullableString()
    {
        int length = ReadInt16();
        return length == -1 ? null : TakeString(Bounded(length, StringBytesMax));
    }

    /// <summary>compact string = uvarint length + 1, UTF-8.</summary>
    public string ReadCompactString() => ReadCompactNullableString() ?? ThrowNull<string>();

    /// <summary>nullable compact string = uvarint length + 1 or 0, UTF-8.</summary>
    public string? ReadCompactNullableString()
    {
        var length = ReadCompactLength();
        return length == -1 ? null : TakeString(Bounded(length, StringBytesMax));
    }

    /// <summary>string, checked and left as UTF-8: a slice of the frame.</summary>
    public ReadOnlyMemory<byte> ReadUtf8() => ReadNullableUtf8() ?? ThrowNull<ReadOnlyMemory<byte>>();

    /// <summary>nullable string, checked and left as UTF-8: a slice of the frame.</summary>
    public ReadOnlyMemory<byte>? ReadNullableUtf8()
    {
        int length = ReadInt16();
        return length == -1 ? NoBytes : TakeUtf8(Bounded(length, StringBytesMax));
    }

    /// <summary>compact string, checked and left as UTF-8: a slice of the frame.</summary>
    public ReadOnlyMemory<byte> ReadCompactUtf8() => ReadCompactNullableUtf8() ?? ThrowNull<ReadOnlyMemory<byte>>();

    /// <summary>nullable compact string, checked and left as UTF-8: a slice of the frame.</summary>
    public ReadOnlyMemory<byte>? ReadCompactNullableUtf8()
    {
        var length = ReadCompactLength();
        return length == -1 ? NoBytes : TakeUtf8(Bounded(length, StringBytesMax));
    }

    /// <summary>bytes = int32 length, bytes; a slice of the frame.</summary>
    public ReadOnlyMemory<byte> ReadBytes() => ReadNullableBytes() ?? ThrowNull<ReadOnlyMemory<byte>>();

    /// <summary>nullable bytes = int32 length or -1, bytes; a slice of the frame.</summary>
    public ReadOnlyMemory<byte>? ReadNullableBytes()
    {
        var length = ReadInt32();
        return length == -1 ? NoBytes : TakeMemory(Bounded(length, int.MaxValue));
    }

    /// <summary>compact bytes = uvarint length + 1, bytes; a slice of the frame.</summary>
    public ReadOnlyMemory<byte> ReadCompactBytes() => ReadCompactNullableBytes() ?? ThrowNull<ReadOnlyMemory<byte>>();

    /// <summary>nullable compact bytes = uvarint length + 1 or 0, bytes; a slice of the frame.</summary>
    public ReadOnlyMemory<byte>? ReadCompactNullableBytes()
    {
        var length = ReadCompactLength();
        return length == -1 ? NoBytes : TakeMemory(Bounded(length, int.MaxValue));
    }

    /// <summary>records = bytes, as a sequence.</summary>
    public ReadOnlySequence<byte> ReadRecords() => new(ReadBytes());

    /// <summary>nullable records = nullable bytes, as a sequence.</summary>
    public ReadOnlySequence<byte>? ReadNullableRecords() =>
        ReadNullableBytes() is { } bytes ? new ReadOnlySequence<byte>(bytes) : null;

    /// <summary>compact records = compact bytes, as a sequence.</summary>
    public ReadOnlySequence<byte> ReadCompactRecords() => new(ReadCompactBytes());

    /// <summary>nullable compact records = nullable compact bytes, as a sequence.</summary>
    public ReadOnlySequence<byte>? ReadCompactNullableRecords() =>
        ReadCompactNullableBytes() is { } bytes ? new ReadOnlySequence<byte>(bytes) : null;

    /// <summary>
    /// array = int32 count, elements. The count is refused unless that many elements of at least
    /// <paramref name="elementBytesMin"/> bytes fit in the rest of the frame.
    /// </summary>
    public int ReadArrayLength(int elementBytesMin) => NotNull(ReadNullableArrayLength(elementBytesMin));

    /// <summary>nullable array = int32 count or -1, elements; see <see cref="ReadArrayLength"/>.</summary>
    public int ReadNullableArrayLength(int elementBytesMin) => BoundedCount(ReadInt32(), elementBytesMin);

    /// <summary>compact array = uvarint count + 1, elements; see <see cref="ReadArrayLength"/>.</summary>
    public int ReadCompactArrayLength(int elementBytesMin) => NotNull(ReadCompactNullableArrayLength(elementBytesMin));

    /// <summary>nullable compact array = uvarint count + 1 or 0, elements; see <see cref="ReadArrayLength"/>.</summary>
    public int ReadCompactNullableArrayLength(int elementBytesMin) =>
        BoundedCount(ReadCompactLength(), elementBytesMin);

    /// <summary>nullable structure = int8, negative for null, structure.</summary>
    public bool ReadIsPresent() => ReadInt8() >= 0;

    /// <summary>How many places a list of structures starts with: what a count alone may cost.</summary>
    internal static int FirstCapacity(int count) => Math.Min(count, FirstListCapacityMax);

    private int ReadCompactLength()
    {
        var lengthPlusOne = ReadUnsignedVarint();
        if (lengthPlusOne > int.MaxValue)
        {
            MalformedMessageException.ThrowLength(_position, lengthPlusOne - 1L, Remaining);
        }

        return (int)lengthPlusOne - 1;
    }

    private readonly int Bounded(int length, int lengthMax)
    {
        if (length < 0 || length > lengthMax || length > Remaining)
        {
            MalformedMessageException.ThrowLength(_position, length, Remaining);
        }

        return length;
    }

    private readonly int BoundedCount(int count, int elementBytesMin)
    {
        if (count < -1 || count > Remaining / Math.Max(1, elementBytesMin))
        {
            MalformedMessageException.ThrowLength(_position, count, Remaining);
        }

        return count;
    }

    private readonly int NotNull(int count)
    {
        if (count < 0)
        {
            MalformedMessageException.ThrowNullAt(_position);
        }

        return count;
    }

    private readonly T ThrowNull<T>()
    {
        MalformedMessageException.ThrowNullAt(_position);
        return default!;
    }
}
