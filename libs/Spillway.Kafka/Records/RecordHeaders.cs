using System.Text;

namespace Spillway.Kafka.Records;

/// <summary>The headers of a record, decoded as they are walked. What a reader hands out was checked to be well formed.</summary>
public ref struct RecordHeaders
{
    private ReadOnlySpan<byte> _rest;
    private int _left;

    internal RecordHeaders(int count, ReadOnlySpan<byte> encoded)
    {
        Count = count;
        Encoded = encoded;
        _left = count;
        _rest = encoded;
    }

    /// <summary>How many there are.</summary>
    public int Count { get; }

    /// <summary>Their bytes without the count.</summary>
    public ReadOnlySpan<byte> Encoded { get; }

    /// <summary>The key of the header just read, UTF-8.</summary>
    public ReadOnlySpan<byte> CurrentKey { get; private set; }

    /// <summary>Whether the header just read has a value.</summary>
    public bool CurrentHasValue { get; private set; }

    /// <summary>The value of the header just read.</summary>
    public ReadOnlySpan<byte> CurrentValue { get; private set; }

    /// <summary>Reads the next header.</summary>
    public bool MoveNext()
    {
        if (_left == 0 || !TryReadOne(ref _rest, out var key, out var hasValue, out var value))
        {
            return false;
        }

        _left--;
        CurrentKey = key;
        CurrentHasValue = hasValue;
        CurrentValue = value;
        return true;
    }

    /// <summary>Copies the headers out, for those who keep them.</summary>
    public readonly RecordHeader[] ToArray()
    {
        var headers = new RecordHeader[Count];
        var walk = new RecordHeaders(Count, Encoded);
        for (var i = 0; walk.MoveNext(); i++)
        {
            var value = walk.CurrentHasValue ? walk.CurrentValue.ToArray() : null;
            headers[i] = new RecordHeader(Encoding.UTF8.GetString(walk.CurrentKey), value);
        }

        return headers;
    }

    /// <summary>Checks that exactly <paramref name="count"/> headers lie at the start of <paramref name="bytes"/>.</summary>
    internal static bool TryRead(scoped ref ReadOnlySpan<byte> bytes, int count, out RecordHeaders headers)
    {
        headers = default;

        // Two bytes are the least a header takes: a hostile count fails before the loop is worth anything.
        if (count < 0 || count > bytes.Length / 2)
        {
            return false;
        }

        var rest = bytes;
        for (var i = 0; i < count; i++)
        {
            if (!TryReadOne(ref rest, out _, out _, out _))
            {
                return false;
            }
        }

        headers = new RecordHeaders(count, bytes[..^rest.Length]);
        bytes = rest;
        return true;
    }

    private static bool TryReadOne(
        scoped ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> key, out bool hasValue, out ReadOnlySpan<byte> value)
    {
        var isNull = true;
        value = default;
        var read = VarintReader.TryReadBytes(ref bytes, nullable: false, out _, out key)
            && VarintReader.TryReadBytes(ref bytes, nullable: true, out isNull, out value);
        hasValue = !isNull;
        return read;
    }
}
