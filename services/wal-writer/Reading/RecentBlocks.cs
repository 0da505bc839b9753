using Spillway.Kafka.Buffers;
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
    /// <summary>A compactor reads over gaps up to this in one stretch.</summary>
    public const int GapBytesMax = 64 << 10;

    private static readonly byte[] Zeros = new byte[GapBytesMax];

    private readonly Lock _lock = new();                            // guards all fields below, and the blocks' references
    private readonly Queue<RecentBlock> _byAge = new();
    private readonly Dictionary<long, RecentSegment> _bySegment = [];
    private long _chargedBytes;
    private bool _isDisposed;

    public long BytesMax => bytesMax;

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
                _bySegment[recent.SegmentId] = blocks = new RecentSegment();
            }

            blocks.Add(recent);
            _chargedBytes += recent.ChargedBytes;
        }
    }

    /// <summary>The range, if it lies in one of the blocks; the caller disposes it.</summary>
    public WalRange? Find(long segmentId, long position, int lengthBytes)
    {
        lock (_lock)
        {
            if (!_bySegment.TryGetValue(segmentId, out var blocks)
                || blocks.FindLast(position) is not (>= 0 and var index)
                || blocks[index] is not { } block
                || position + lengthBytes > block.EndPosition)
            {
                return null;
            }

            var (pieces, owners) = block.Share(position, lengthBytes);
            return new WalRange(pieces, owners);
        }
    }

    /// <summary>
    /// A stretch that may span blocks, if all that lies in it but narrow gaps is here; the caller disposes it. What is between the blocks comes
    /// as zeros: heads, padding, and blocks that were never committed, none of which the index names.
    /// </summary>
    public WalRange? FindStretch(long segmentId, long position, int lengthBytes)
    {
        lock (_lock)
        {
            if (!_bySegment.TryGetValue(segmentId, out var blocks) || blocks.FindLast(position) is not (>= 0 and var first))
            {
                return null;
            }

            var end = position + lengthBytes;
            var last = first;
            for (var at = blocks[first].EndPosition; at < end; at = blocks[last].EndPosition)
            {
                last++;
                if (last == blocks.Count || blocks[last].PayloadPosition - at is < 0 or > GapBytesMax)
                {
                    return null;
                }
            }

            return position < blocks[first].EndPosition && blocks[last].PayloadPosition < end ? Join(blocks, first, last, position, end) : null;
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

    private static WalRange Join(RecentSegment blocks, int first, int last, long position, long end)
    {
        List<ReadOnlyMemory<byte>> pieces = [];
        List<SharedBuffer> owners = [];
        for (var (i, at) = (first, position); i <= last; i++)
        {
            if (blocks[i].PayloadPosition > at)
            {
                pieces.Add(Zeros.AsMemory(0, (int)(blocks[i].PayloadPosition - at)));
                at = blocks[i].PayloadPosition;
            }

            var (some, someOwners) = blocks[i].Share(at, (int)(Math.Min(end, blocks[i].EndPosition) - at));
            pieces.AddRange(some);
            owners.AddRange(someOwners);
            at = Math.Min(end, blocks[i].EndPosition);
        }

        return new WalRange(pieces, owners);
    }

    private void RemoveOldest()
    {
        var oldest = _byAge.Dequeue();
        _chargedBytes -= oldest.ChargedBytes;
        var blocks = _bySegment[oldest.SegmentId];
        blocks.Remove(oldest);
        if (blocks.Count == 0)
        {
            _bySegment.Remove(oldest.SegmentId);
        }

        oldest.Release();
    }
}
