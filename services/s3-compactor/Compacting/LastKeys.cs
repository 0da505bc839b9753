using Spillway.Kafka.Records;

namespace Spillway.S3Compactor.Compacting;

/// <summary>
/// Learns from the dirty part of a log which record of each key is the last: committed data only, batch by batch in offset order, until the
/// part or the memory is at its end. Pure; one owner.
/// </summary>
/// <param name="startOffset">Where the dirty part begins.</param>
/// <param name="endOffset">Where it ends at most.</param>
/// <param name="aborted">Aborted transactions that reach into it.</param>
/// <param name="bytesMax">Memory for keys, in bytes (log.cleaner.dedupe.buffer.size).</param>
internal sealed class LastKeys(long startOffset, long endOffset, AbortedTransactions aborted, long bytesMax)
{
    private readonly long _startOffset = startOffset;
    private readonly KeyOffsets _offsets = new(bytesMax);

    /// <summary>The offset after the last batch learned from: so far each key's last record is known.</summary>
    public long EndOffset { get; private set; } = startOffset;

    /// <summary>A batch did not fit: the dirty part is cleaned up to it, and the next pass begins there.</summary>
    public bool IsFull { get; private set; }

    public AbortedTransactions Aborted { get; } = aborted;

    public bool HasLater(ReadOnlySpan<byte> key, long offset) => _offsets.HasLater(key, offset);

    /// <summary>Learns from the batch; false where it and all behind it are not to be learned from.</summary>
    /// <exception cref="CorruptRecordException">The batch cannot be read.</exception>
    public bool TryLearn(ReadOnlySpan<byte> batch, in RecordBatchHeader header)
    {
        if (IsFull || header.BaseOffset >= endOffset)
        {
            return false;
        }

        if (header.LastOffset < _startOffset)
        {
            return true;
        }

        if (!header.IsControl && !Aborted.Has(header))
        {
            // The first batch always fits, or the log would never be cleaned.
            if (_offsets.Count > 0 && _offsets.Count + (long)header.RecordCount > _offsets.CountMax)
            {
                IsFull = true;
                return false;
            }

            Learn(batch);
        }

        EndOffset = header.NextOffset;
        return true;
    }

    private void Learn(ReadOnlySpan<byte> batch)
    {
        using var opened = OpenedRecordBatch.Open(batch);
        var records = opened.Records;
        while (records.TryRead(out var record))
        {
            if (record.HasKey)
            {
                _offsets.Set(record.Key, record.Offset);
            }
        }

        records.ThrowIfCorrupt();
    }
}
