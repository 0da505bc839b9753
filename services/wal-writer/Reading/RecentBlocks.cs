using Spillway.Rpc.Reading;
using Spillway.WalWriter.Flushing;

namespace Spillway.WalWriter.Reading;

/// <summary>
/// The blocks that were committed last, bounded in bytes; the oldest leave first. They cost no copy: the requests that brought them are kept
/// for a while longer. Only committed blocks are in it, so whoever asks by the index finds what the index says (P1). Outlives writer
/// epochs. Thread-safe.
/// </summary>
internal sealed class RecentBlocks(long bytesMax) : IDisposable
{
    private readonly Lock _lock = new();                            // guards all fields below, and the blocks' references
    private readonly Queue<RecentBlock> _byAge = new();
    private readonly Dictionary<long, List<RecentBlock>> _bySegment = [];
    private long _chargedBytes;
    private bool _isDisposed;

    public long ChargedBytes
    {
        get
        {
            lock (_lock)
            {
                return _chargedBytes;
            }
        }
    }

    /// <summary>Keeps a block that was just committed, if there is room for one like it.</summary>
    public void Add(WriterBlock block)
    {
        if (bytesMax == 0)
        {
            return;
        }

        var recent = RecentBlock.Of(block);
        lock (_lock)
        {
            if (_isDisposed || recent.ChargedBytes > bytesMax)
            {
                recent.Release();
                return;
            }

            while (_chargedBytes + recent.ChargedBytes > bytesMax)
            {
                RemoveOldest();
            }

            _byAge.Enqueue(recent);
            if (!_bySegment.TryGetValue(recent.SegmentId, out var blocks))
            {
                _bySegment[recent.SegmentId] = blocks = [];
            }

            // In order of position. Nearly always the end: a block that had to move comes to lie behind later ones, and is committed first.
            var at = blocks.Count;
            while (at > 0 && blocks[at - 1].PayloadPosition > recent.PayloadPosition)
            {
                at--;
            }

            blocks.Insert(at, recent);
            _chargedBytes += recent.ChargedBytes;
        }
    }

    /// <summary>The range, if it lies in one of the blocks; the caller disposes it.</summary>
    public WalRange? Find(long segmentId, long position, int lengthBytes)
    {
        lock (_lock)
        {
            if (!_bySegment.TryGetValue(segmentId, out var blocks)
                || FindLast(blocks, position) is not { } block
                || position + lengthBytes > block.EndPosition)
            {
                return null;
            }

            var (pieces, owners) = block.Share(position, lengthBytes);
            return new WalRange(pieces, owners);
        }
    }

    /// <summary>Gives all up; nothing is kept any more.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            while (_byAge.Count > 0)
            {
                RemoveOldest();
            }
        }
    }

    /// <summary>The last block that begins at or before a position.</summary>
    private static RecentBlock? FindLast(List<RecentBlock> blocks, long position)
    {
        var (low, high) = (0, blocks.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (blocks[middle].PayloadPosition <= position)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low == 0 ? null : blocks[low - 1];
    }

    private void RemoveOldest()
    {
        var oldest = _byAge.Dequeue();
        _chargedBytes -= oldest.ChargedBytes;
        var blocks = _bySegment[oldest.SegmentId];
        // Nearly always the first; there are few in a list, and what is behind moves up by a reference each.
        blocks.Remove(oldest);
        if (blocks.Count == 0)
        {
            _bySegment.Remove(oldest.SegmentId);
        }

        oldest.Release();
    }
}
