using Spillway.Kafka.Records;

namespace Spillway.Storage.Objects.Format;

/// <summary>
/// Walks record batches that lie back to back, judging each by its header before it is stepped over.
/// <code>
/// for (var walk = new BatchWalk(bytes); walk.MoveNext();) { … walk.Header, walk.Start, walk.LengthBytes … }
/// </code>
/// </summary>
internal ref struct BatchWalk(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _next;

    public RecordBatchHeader Header { get; private set; }

    public int Start { get; private set; }

    public readonly int LengthBytes => _next - Start;

    public readonly ReadOnlySpan<byte> Batch => _bytes[Start.._next];

    /// <summary>Steps to the next batch; false at the end of the bytes.</summary>
    /// <exception cref="CorruptBatchException">What lies there is no whole batch.</exception>
    public bool MoveNext()
    {
        if (_next == _bytes.Length)
        {
            return false;
        }

        var rest = _bytes[_next..];
        if (!RecordBatchHeader.TryRead(rest, out var header)
            || header.Magic != RecordBatchLayout.CurrentMagic
            || header.BatchLength < RecordBatchLayout.BatchLengthMin
            || header.TotalLength > rest.Length
            || header.LastOffsetDelta < 0
            || header.RecordCount < 0)
        {
            throw new CorruptBatchException($"There is no whole record batch at byte {_next} of {_bytes.Length}.");
        }

        Header = header;
        Start = _next;
        _next += (int)header.TotalLength;
        return true;
    }
}
