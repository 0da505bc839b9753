using Spillway.Kafka.Records;

namespace Spillway.S3Compactor.Compacting;

/// <summary>
/// Learns from the dirty part of a log which record of each key is the last: committed data only, batch by batch in offset order, until the
/// part or the memory is at its end. Pure; one owner.
/// </summary>
/// <remarks>
/// Metadata knows how transactions ended before that is in any object. A restore knows only what is in objects, and aborts the others; so records of
/// a transaction stand for older ones when its marker was read, and the pass ends where the first transaction begins whose marker was not.
/// </remarks>
/// <param name="startOffset">Where the dirty part begins.</param>
/// <param name="endOffset">Where it ends at most.</param>
/// <param name="aborted">Aborted transactions that reach into it.</param>
/// <param name="bytesMax">Memory for keys, in bytes (log.cleaner.dedupe.buffer.size).</param>
internal sealed class LastKeys(long startOffset, long endOffset, AbortedTransactions aborted, long bytesMax)
{
    private readonly long _startOffset = startOffset;
    private readonly KeyOffsets _offsets = new(bytesMax);
    private readonly Dictionary<long, UndecidedKeys> _undecided = [];
    private int _undecidedCount;

    /// <summary>So far each key's last record is known, once <see cref="Complete"/> was called.</summary>
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

        if (header.IsControl)
        {
            Decide(batch, header);
        }
        else if (!Aborted.Has(header))
        {
            // The first batch always fits, or the log would never be cleaned.
            long count = _offsets.Count + _undecidedCount;
            if (count > 0 && count + header.RecordCount > _offsets.CountMax)
            {
                IsFull = true;
                return false;
            }

            Learn(batch, header);
        }

        EndOffset = header.NextOffset;
        return true;
    }

    /// <summary>
    /// Nothing more is learned. Where the pass would not get on for a transaction that is longer than what fits into one, that counts as
    /// committed, which it is.
    /// </summary>
    /// <param name="isCut">The part was too long to be learned from as a whole, for whatever reason.</param>
    public void Complete(bool isCut)
    {
        var firstOffset = _undecided.Values.Select(static keys => keys.FirstOffset).DefaultIfEmpty(EndOffset).Min();
        if (firstOffset > _startOffset || !(isCut || IsFull))
        {
            EndOffset = Math.Min(EndOffset, firstOffset);
            return;
        }

        foreach (var keys in _undecided.Values)
        {
            keys.AddTo(_offsets);
        }
    }

    private void Decide(ReadOnlySpan<byte> batch, in RecordBatchHeader header)
    {
        if (ControlBatch.TryRead(batch, out var marker) && _undecided.Remove(header.ProducerId, out var keys))
        {
            _undecidedCount -= keys.Count;
            if (marker.Type == ControlRecordType.Commit)
            {
                keys.AddTo(_offsets);
            }
        }
    }

    private void Learn(ReadOnlySpan<byte> batch, in RecordBatchHeader header)
    {
        UndecidedKeys? undecided = null;
        if (header.IsTransactional && header.RecordCount > 0 && !_undecided.TryGetValue(header.ProducerId, out undecided))
        {
            _undecided.Add(header.ProducerId, undecided = new UndecidedKeys(header.BaseOffset));
        }

        var countBefore = undecided?.Count ?? 0;
        using var opened = OpenedRecordBatch.Open(batch);
        var records = opened.Records;
        while (records.TryRead(out var record))
        {
            if (!record.HasKey)
            {
                continue;
            }

            if (undecided is null)
            {
                _offsets.Set(KeyOffsets.Hash(record.Key), record.Offset);
            }
            else
            {
                undecided.Set(KeyOffsets.Hash(record.Key), record.Offset);
            }
        }

        records.ThrowIfCorrupt();
        _undecidedCount += (undecided?.Count ?? 0) - countBefore;
    }
}
