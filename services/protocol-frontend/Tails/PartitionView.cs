using Spillway.Kafka;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Tails;

/// <summary>
/// What this frontend knows of one partition's tail: its offsets and its newest index entries. It may lag; it never goes back.
/// The tail loop writes, fetches read; a lock guards everything.
/// </summary>
internal sealed class PartitionView(LogId logId)
{
    // Newest entries kept: what a consumer at the tail may ask for. Older ones are asked of metadata.
    private const int EntriesMax = 128;

    private readonly Lock _lock = new();                            // guards all fields below
    private readonly Queue<IndexEntry> _entries = new();
    private readonly HashSet<TailWait> _waits = [];
    private readonly TaskCompletionSource _known = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PartitionOffsets _offsets = new(0, 0, 0);
    private long _producedEndOffset;
    private long _entriesEnd = -1;
    private long _compactedEnd;
    private bool _deleted;

    public LogId LogId { get; } = logId;

    /// <summary>When a request last asked for this view, by the frontend's clock: idle ones are let go.</summary>
    public long LastUsedTimestamp { get; set; }

    public bool IsDeleted
    {
        get
        {
            lock (_lock)
            {
                return _deleted;
            }
        }
    }

    /// <summary>
    /// The offsets as metadata told them together. Of a reader of committed records, nothing at or above their last stable offset: which of
    /// what was produced here since then is in a transaction, only metadata knows.
    /// </summary>
    public PartitionOffsets Offsets
    {
        get
        {
            lock (_lock)
            {
                return _offsets;
            }
        }
    }

    /// <summary>The same with what was acknowledged here since, for those who read all records.</summary>
    public PartitionOffsets UncommittedOffsets
    {
        get
        {
            lock (_lock)
            {
                return _offsets with { HighWatermark = Math.Max(_offsets.HighWatermark, _producedEndOffset) };
            }
        }
    }

    /// <summary>
    /// Below this log compaction may have removed records: only what metadata's index names now is read there. Neither this view's entries nor
    /// batches in memory reach below.
    /// </summary>
    public long CompactedEnd
    {
        get
        {
            lock (_lock)
            {
                return _compactedEnd;
            }
        }
    }

    /// <summary>Completes when the first update came: before it, the offsets mean nothing.</summary>
    public Task Known => _known.Task;

    public void Apply(PartitionTail tail)
    {
        lock (_lock)
        {
            _deleted |= tail.Deleted;
            if (!tail.Deleted)
            {
                Advance(new PartitionOffsets(tail.LogStartOffset, tail.HighWatermark, tail.LastStableOffset, tail.LastAbortedOffset));
                _compactedEnd = Math.Max(_compactedEnd, tail.CompactedEnd);
                Append(tail.Entries);
                while (_entries.TryPeek(out var first) && first.BaseOffset < _compactedEnd)
                {
                    _entries.Dequeue();
                }
            }

            WakeAll();
        }

        _known.TrySetResult();
    }

    /// <summary>A produce was acknowledged: its records may be read, and its answer may be ahead of the stream.</summary>
    public void LearnProduced(long endOffset)
    {
        lock (_lock)
        {
            if (endOffset > _producedEndOffset)
            {
                _producedEndOffset = endOffset;
                WakeAll();
            }
        }
    }

    /// <summary>Offsets learnt by an index lookup: they may be ahead of the stream.</summary>
    public void Learn(PartitionOffsets offsets)
    {
        lock (_lock)
        {
            var before = _offsets;
            Advance(offsets);
            if (_offsets != before)
            {
                WakeAll();
            }
        }
    }

    /// <summary>Entries from <paramref name="offset"/> on, if the newest ones reach back so far.</summary>
    public bool TryFindEntries(long offset, long bytesMax, List<IndexEntry> found)
    {
        lock (_lock)
        {
            if (_entries.Count == 0 || _entries.Peek().BaseOffset > offset || _entriesEnd < offset)
            {
                return false;
            }

            var bytes = 0L;
            foreach (var entry in _entries)
            {
                if (entry.LastOffset < offset)
                {
                    continue;
                }

                found.Add(entry);
                bytes += entry.Length;
                if (bytes >= bytesMax)
                {
                    break;
                }
            }

            return found.Count > 0;
        }
    }

    /// <summary>The entries turned out to be stale (what they name is gone): the next lookup asks metadata.</summary>
    public void ForgetEntries()
    {
        lock (_lock)
        {
            _entries.Clear();
            _entriesEnd = -1;
        }
    }

    public void Register(TailWait wait)
    {
        lock (_lock)
        {
            _waits.Add(wait);
        }
    }

    public void Unregister(TailWait wait)
    {
        lock (_lock)
        {
            _waits.Remove(wait);
        }
    }

    // Each of them only ever grows, so what is greatest is what the later of the two moments had. (The last aborted offset is forgotten in
    // the end; one that is too high only costs a question.)
    private void Advance(PartitionOffsets offsets) => _offsets = new PartitionOffsets(
        Math.Max(_offsets.LogStartOffset, offsets.LogStartOffset),
        Math.Max(_offsets.HighWatermark, offsets.HighWatermark),
        Math.Max(_offsets.LastStableOffset, offsets.LastStableOffset),
        Math.Max(_offsets.LastAbortedOffset, offsets.LastAbortedOffset));

    private void Append(IEnumerable<IndexEntry> entries)
    {
        foreach (var entry in entries)
        {
            if (entry.LastOffset <= _entriesEnd)
            {
                continue;
            }

            if (_entriesEnd >= 0 && entry.BaseOffset != _entriesEnd + 1)
            {
                _entries.Clear();
            }

            _entries.Enqueue(entry);
            _entriesEnd = entry.LastOffset;
            if (_entries.Count > EntriesMax)
            {
                _entries.Dequeue();
            }
        }
    }

    private void WakeAll()
    {
        foreach (var wait in _waits)
        {
            wait.Wake();
        }

        _waits.Clear();
    }
}
