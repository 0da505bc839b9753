using static Spillway.Kafka.Records.RecordBatchLayout;

namespace Spillway.Kafka.Records;

/// <summary>
/// Walks batches that lie one after the other, headers only. It stops at the end or at the first batch that cannot be
/// one; what came before stays valid, as a reader of a torn tail wants it. The CRC is not checked.
/// </summary>
public ref struct RecordBatchEnumerator
{
    private readonly ReadOnlySpan<byte> _batches;
    private RecordBatchHeader _current;

    /// <summary>Starts before the first batch.</summary>
    public RecordBatchEnumerator(ReadOnlySpan<byte> batches) => _batches = batches;

    /// <summary>The header of the batch just read.</summary>
    public readonly RecordBatchHeader Current => _current;

    /// <summary>Where the batch just read begins.</summary>
    public int PositionBytes { get; private set; }

    /// <summary>Where it ends: the valid prefix after <see cref="MoveNext"/> returned false.</summary>
    public int EndBytes { get; private set; }

    /// <summary>The batch just read, all of it.</summary>
    public readonly ReadOnlySpan<byte> CurrentBytes => _batches[PositionBytes..EndBytes];

    /// <summary>Why the walk ended before the bytes did; none while it goes on or when it came to the end.</summary>
    public RecordBatchError Error { get; private set; }

    /// <summary>Lets <c>foreach</c> walk.</summary>
    public readonly RecordBatchEnumerator GetEnumerator() => this;

    /// <summary>Reads the next header; false at the end or at an <see cref="Error"/>.</summary>
    public bool MoveNext()
    {
        if (Error != RecordBatchError.None)
        {
            return false;
        }

        PositionBytes = EndBytes;
        var rest = _batches[PositionBytes..];
        if (rest.IsEmpty)
        {
            return false;
        }

        Error = Read(rest, out _current);
        if (Error != RecordBatchError.None)
        {
            return false;
        }

        EndBytes += (int)_current.TotalLength;
        return true;
    }

    /// <summary>Reads the header of the first batch of <paramref name="bytes"/>, which must hold all of that batch.</summary>
    internal static RecordBatchError Read(ReadOnlySpan<byte> bytes, out RecordBatchHeader header)
    {
        if (!RecordBatchHeader.TryRead(bytes, out header))
        {
            return bytes.IsEmpty ? RecordBatchError.NoBatch : RecordBatchError.Truncated;
        }

        return header.Magic != CurrentMagic ? RecordBatchError.UnsupportedMagic
            : header.BatchLength < BatchLengthMin ? RecordBatchError.InvalidLength
            : header.TotalLength > bytes.Length ? RecordBatchError.Truncated
            : RecordBatchError.None;
    }
}
