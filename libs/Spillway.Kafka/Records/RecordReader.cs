namespace Spillway.Kafka.Records;

/// <summary>
/// Walks the records of one batch over their uncompressed bytes. Trusts nothing: a length that does not fit, a delta
/// outside of the batch or a count that differs ends the walk with an <see cref="Error"/>. Allocates nothing.
/// </summary>
/// <remarks>
/// record := length varint, attributes int8, timestampDelta varlong, offsetDelta varint, key, value, headerCount varint,
/// header*; key, value and the parts of a header := length varint (−1: null), bytes.
/// </remarks>
public ref struct RecordReader
{
    private readonly RecordBatchHeader _header;
    private ReadOnlySpan<byte> _rest;
    private int _left;
    private int _lastOffsetDelta = -1;

    /// <summary>Starts before the first record; <paramref name="records"/> is what follows the header, uncompressed.</summary>
    public RecordReader(scoped in RecordBatchHeader header, ReadOnlySpan<byte> records)
    {
        _header = header;
        _rest = records;
        _left = header.RecordCount;
    }

    /// <summary>Why the walk ended before the last record.</summary>
    public RecordBatchError Error { get; private set; }

    /// <summary>Reads the next record; false after the last one or at an <see cref="Error"/>.</summary>
    public bool TryRead(out Record record)
    {
        if (Error == RecordBatchError.None && _left > 0 && TryReadOne(out record))
        {
            _left--;
            return true;
        }

        record = default;
        if (_left != 0 || !_rest.IsEmpty)
        {
            // Records that the count does not name are as wrong as records that are missing.
            Error = RecordBatchError.CorruptRecords;
        }

        return false;
    }

    /// <summary>For walks over bytes of our own, where an <see cref="Error"/> means that a store is broken.</summary>
    /// <exception cref="CorruptRecordException">The walk ended at an error.</exception>
    public readonly void ThrowIfCorrupt()
    {
        if (Error != RecordBatchError.None)
        {
            throw new CorruptRecordException(Error, $"The batch at offset {_header.BaseOffset} cannot be read");
        }
    }

    private bool TryReadOne(out Record record)
    {
        record = default;
        var rest = _rest;
        if (!VarintReader.TryReadInt(ref rest, out var length) || length < 1 || length > rest.Length)
        {
            return false;
        }

        var body = rest.Slice(1, length - 1);
        if (!VarintReader.TryReadLong(ref body, out var timestampDelta)
            || !VarintReader.TryReadInt(ref body, out var offsetDelta)
            || offsetDelta <= _lastOffsetDelta
            || offsetDelta > _header.LastOffsetDelta
            || !VarintReader.TryReadBytes(ref body, nullable: true, out var keyIsNull, out var key)
            || !VarintReader.TryReadBytes(ref body, nullable: true, out var valueIsNull, out var value)
            || !VarintReader.TryReadInt(ref body, out var headerCount)
            || !RecordHeaders.TryRead(ref body, headerCount, out var headers)
            || !body.IsEmpty)
        {
            return false;
        }

        _rest = rest[length..];
        _lastOffsetDelta = offsetDelta;
        record = new Record
        {
            Offset = _header.BaseOffset + offsetDelta,
            Timestamp = _header.TimestampType == TimestampType.LogAppendTime
                ? _header.MaxTimestamp
                : unchecked(_header.BaseTimestamp + timestampDelta),
            HasKey = !keyIsNull,
            Key = key,
            HasValue = !valueIsNull,
            Value = value,
            Headers = headers,
        };
        return true;
    }
}
