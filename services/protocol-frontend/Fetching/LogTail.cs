namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>One partition's part of the tail cache, ordered by offset; gaps are allowed. A lock guards everything.</summary>
internal sealed class LogTail
{
    private readonly Lock _lock = new();
    private readonly List<CachedBatch> _batches = [];               // guarded by _lock; by base offset, disjoint

    /// <summary>False if the offsets are there already.</summary>
    public bool TryAdd(in CachedBatch batch)
    {
        lock (_lock)
        {
            var at = _batches.Count;
            while (at > 0 && _batches[at - 1].BaseOffset > batch.BaseOffset)
            {
                at--;
            }

            var overlaps = (at > 0 && _batches[at - 1].LastOffset >= batch.BaseOffset)
                || (at < _batches.Count && _batches[at].BaseOffset <= batch.LastOffset);
            if (overlaps)
            {
                return false;
            }

            _batches.Insert(at, batch);
            return true;
        }
    }

    /// <summary>Whether a batch that holds the offset is there now.</summary>
    public bool Holds(long offset)
    {
        lock (_lock)
        {
            return FindIndex(offset) >= 0;
        }
    }

    /// <summary>Gives the batch that starts at <paramref name="baseOffset"/> back to the caller, who owns its reference then.</summary>
    public bool TryRemove(long baseOffset, out CachedBatch removed)
    {
        lock (_lock)
        {
            var at = FindIndex(baseOffset);
            if (at < 0 || _batches[at].BaseOffset != baseOffset)
            {
                removed = default;
                return false;
            }

            removed = _batches[at];
            _batches.RemoveAt(at);
            return true;
        }
    }

    /// <summary>
    /// Adds consecutive batches from the one that holds <paramref name="offset"/> on, as far as they lie below
    /// <paramref name="endOffset"/> and the budget allows. Returns the offset after the last one, or <paramref name="offset"/>.
    /// </summary>
    public long Read(long offset, long endOffset, PartitionReadState read)
    {
        lock (_lock)
        {
            var next = offset;
            for (var i = FindIndex(offset); i >= 0 && i < _batches.Count; i++)
            {
                var batch = _batches[i];
                var follows = batch.BaseOffset <= next && batch.LastOffset >= next;
                if (!follows || batch.BaseOffset >= endOffset || !read.TryAdd(batch.Bytes, batch.Owner))
                {
                    break;
                }

                next = batch.LastOffset + 1;
            }

            return next;
        }
    }

    // The index of the batch that holds the offset, or -1.
    private int FindIndex(long offset)
    {
        var (low, high) = (0, _batches.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (_batches[middle].LastOffset < offset)
            {
                low = middle + 1;
            }
            else if (_batches[middle].BaseOffset > offset)
            {
                high = middle - 1;
            }
            else
            {
                return middle;
            }
        }

        return -1;
    }
}
