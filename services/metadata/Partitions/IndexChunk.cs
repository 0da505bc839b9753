using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Partitions;

/// <summary>
/// A run of index entries with a summary, so that a lookup by time or by kind skips runs instead of reading entries.
/// Owned by one <see cref="PartitionIndexEntries"/>.
/// </summary>
internal sealed class IndexChunk(int capacity)
{
    public const int EntriesMax = 256;

    private BatchIndexEntry[] _entries = new BatchIndexEntry[capacity];
    private int _start;
    private int _end;

    public int Count => _end - _start;

    public bool IsFull => Count == EntriesMax;

    /// <summary>Greatest timestamp of the entries; meaningless when empty.</summary>
    public long MaxTimestamp { get; private set; } = long.MinValue;

    /// <summary>How many of the entries lie in the WAL.</summary>
    public int WalCount { get; private set; }

    /// <summary>How many of the entries are markers.</summary>
    public int MarkerCount { get; private set; }

    public ref readonly BatchIndexEntry this[int index] => ref _entries[_start + index];

    public ref readonly BatchIndexEntry Last => ref _entries[_end - 1];

    public void Append(in BatchIndexEntry entry)
    {
        if (_end == _entries.Length)
        {
            MakeRoom();
        }

        _entries[_end++] = entry;
        AddToSummary(entry);
    }

    public void Set(int index, in BatchIndexEntry entry)
    {
        _entries[_start + index] = entry;
        Summarise();
    }

    /// <summary>Replaces the last entry by a longer one of the same kind.</summary>
    public void Grow(in BatchIndexEntry entry)
    {
        _entries[_end - 1] = entry;
        MaxTimestamp = Math.Max(MaxTimestamp, entry.MaxTimestamp);
    }

    public void RemoveRange(int index, int count)
    {
        if (index == 0)
        {
            _start += count;
        }
        else
        {
            Array.Copy(_entries, _start + index + count, _entries, _start + index, Count - index - count);
            _end -= count;
        }

        Summarise();
    }

    /// <summary>Takes over all entries of the chunk that follows.</summary>
    public void Absorb(IndexChunk next)
    {
        for (var i = 0; i < next.Count; i++)
        {
            Append(next[i]);
        }
    }

    /// <summary>Index of the first entry that reaches the offset; <see cref="Count"/> when none does.</summary>
    public int FindReaching(long offset)
    {
        int low = 0, high = Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (this[middle].LastOffset < offset)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private void MakeRoom()
    {
        var target = _start > 0 && Count <= _entries.Length / 2
            ? _entries
            : new BatchIndexEntry[Math.Min(Math.Max(_entries.Length * 2, 4), Math.Max(EntriesMax, Count + 1))];
        Array.Copy(_entries, _start, target, 0, Count);
        _entries = target;
        _end -= _start;
        _start = 0;
    }

    private void Summarise()
    {
        MaxTimestamp = long.MinValue;
        WalCount = 0;
        MarkerCount = 0;
        for (var i = _start; i < _end; i++)
        {
            AddToSummary(_entries[i]);
        }
    }

    private void AddToSummary(in BatchIndexEntry entry)
    {
        MaxTimestamp = Math.Max(MaxTimestamp, entry.MaxTimestamp);
        WalCount += entry.Kind == ContainerKind.WalSegment ? 1 : 0;
        MarkerCount += entry.Kind == ContainerKind.Marker ? 1 : 0;
    }
}
