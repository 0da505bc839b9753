using System.Diagnostics;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Partitions;

/// <summary>
/// The index of one partition: entries without gap or overlap, in offset order, in chunks. Append is O(1), a lookup by offset
/// O(log n), replacing a range O(chunk + chunks), a lookup by time O(chunks + chunk). Not thread-safe: owned by the state.
/// </summary>
internal sealed class PartitionIndexEntries
{
    private readonly List<IndexChunk> _chunks = [];

    public int Count { get; private set; }

    public ref readonly BatchIndexEntry First => ref _chunks[0][0];

    public ref readonly BatchIndexEntry Last => ref _chunks[^1].Last;

    public ref readonly BatchIndexEntry this[IndexCursor cursor] => ref _chunks[cursor.Chunk][cursor.Index];

    public bool IsEnd(IndexCursor cursor) => cursor.Chunk >= _chunks.Count;

    public IndexCursor Next(IndexCursor cursor) => cursor.Index + 1 < _chunks[cursor.Chunk].Count
        ? cursor with { Index = cursor.Index + 1 }
        : new IndexCursor(cursor.Chunk + 1, 0);

    public void Append(in BatchIndexEntry entry)
    {
        Debug.Assert(Count == 0 || Last.LastOffset + 1 == entry.BaseOffset, "an index has no gaps");
        if (_chunks.Count == 0 || _chunks[^1].IsFull)
        {
            // Most partitions are small; those that fill a chunk will fill the next one too.
            _chunks.Add(new IndexChunk(_chunks.Count == 0 ? 4 : 64));
        }

        _chunks[^1].Append(entry);
        Count++;
    }

    /// <summary>The entry so many from the end, or the first.</summary>
    public IndexCursor FromEnd(int count)
    {
        for (var i = _chunks.Count - 1; i >= 0; i--)
        {
            if (count <= _chunks[i].Count)
            {
                return new IndexCursor(i, _chunks[i].Count - count);
            }

            count -= _chunks[i].Count;
        }

        return new IndexCursor(0, 0);
    }

    /// <summary>Replaces the last entry by one that reaches further.</summary>
    public void GrowLast(in BatchIndexEntry entry) => _chunks[^1].Grow(entry);

    public void RemoveFirst()
    {
        _chunks[0].RemoveRange(0, 1);
        Count--;
        if (_chunks[0].Count == 0)
        {
            _chunks.RemoveAt(0);
        }
    }

    /// <summary>The first entry that reaches the offset, or the end.</summary>
    public IndexCursor Find(long offset)
    {
        int low = 0, high = _chunks.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_chunks[middle].Last.LastOffset < offset)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return new IndexCursor(low, low < _chunks.Count ? _chunks[low].FindReaching(offset) : 0);
    }

    /// <summary>The first entry at or after the offset that has a record of that time or later, or the end.</summary>
    public IndexCursor FindTime(long timestamp, long fromOffset)
    {
        var cursor = Find(fromOffset);
        while (!IsEnd(cursor))
        {
            if (_chunks[cursor.Chunk].MaxTimestamp < timestamp)
            {
                cursor = new IndexCursor(cursor.Chunk + 1, 0);
            }
            else if (this[cursor].MaxTimestamp >= timestamp)
            {
                break;
            }
            else
            {
                cursor = Next(cursor);
            }
        }

        return cursor;
    }

    /// <summary>The first entry with the greatest timestamp at or after the offset, or the end.</summary>
    public IndexCursor FindMaxTime(long fromOffset)
    {
        var max = long.MinValue;
        var start = Find(fromOffset);
        for (var cursor = start; !IsEnd(cursor);)
        {
            if (cursor.Index == 0)
            {
                max = Math.Max(max, _chunks[cursor.Chunk].MaxTimestamp);
                cursor = new IndexCursor(cursor.Chunk + 1, 0);
            }
            else
            {
                max = Math.Max(max, this[cursor].MaxTimestamp);
                cursor = Next(cursor);
            }
        }

        return FindTime(max, fromOffset);
    }

    /// <summary>The first entry that lies in the WAL, or the end.</summary>
    public IndexCursor FindWal()
    {
        for (var i = 0; i < _chunks.Count; i++)
        {
            if (_chunks[i].WalCount == 0)
            {
                continue;
            }

            var cursor = new IndexCursor(i, 0);
            while (this[cursor].Kind != ContainerKind.WalSegment)
            {
                cursor = Next(cursor);
            }

            return cursor;
        }

        return new IndexCursor(_chunks.Count, 0);
    }

    /// <summary>The first marker at or after the cursor, or the end.</summary>
    public IndexCursor FindMarker(IndexCursor from)
    {
        var cursor = from;
        while (!IsEnd(cursor))
        {
            if (cursor.Index == 0 && _chunks[cursor.Chunk].MarkerCount == 0)
            {
                cursor = new IndexCursor(cursor.Chunk + 1, 0);
            }
            else if (this[cursor].Kind == ContainerKind.Marker)
            {
                break;
            }
            else
            {
                cursor = Next(cursor);
            }
        }

        return cursor;
    }

    /// <summary>Puts one entry in the place of several.</summary>
    public void Replace(IndexCursor first, int count, in BatchIndexEntry entry)
    {
        _chunks[first.Chunk].Set(first.Index, entry);
        Count -= count - 1;
        var toRemove = count - 1;
        var here = Math.Min(toRemove, _chunks[first.Chunk].Count - first.Index - 1);
        if (here > 0)
        {
            _chunks[first.Chunk].RemoveRange(first.Index + 1, here);
            toRemove -= here;
        }

        var next = first.Chunk + 1;
        var emptied = 0;
        while (toRemove > 0)
        {
            var chunk = _chunks[next + emptied];
            here = Math.Min(toRemove, chunk.Count);
            chunk.RemoveRange(0, here);
            toRemove -= here;
            emptied += chunk.Count == 0 ? 1 : 0;
        }

        _chunks.RemoveRange(next, emptied);
        MergeSmall(first.Chunk);
    }

    /// <summary>Ranges replaced by single entries leave thin chunks; together with a neighbour they are one again.</summary>
    private void MergeSmall(int chunk)
    {
        for (var left = Math.Max(0, chunk - 1); left <= chunk && left + 1 < _chunks.Count; left++)
        {
            if (_chunks[left].Count + _chunks[left + 1].Count <= IndexChunk.EntriesMax / 2)
            {
                _chunks[left].Absorb(_chunks[left + 1]);
                _chunks.RemoveAt(left + 1);
                return;
            }
        }
    }
}
