using System.Collections.Concurrent;
using Spillway.Kafka;
using Spillway.Kafka.Buffers;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>
/// Batches that this frontend produced or read lately, by log and offset, bounded in bytes; the oldest leave first. It serves the tail
/// without going to a remote volume, and never shows a stale view. What those who catch up have read pushes out nothing of the tail beyond a
/// quarter of the bytes. Thread-safe.
/// </summary>
internal sealed class TailCache : IDisposable
{
    // Smaller owners are copied together into slabs, or each batch of a few bytes would hold a whole pool block.
    private const int SharedOwnerBytesMin = 16 << 10;
    private const int SlabBytes = 256 << 10;

    private readonly long _bytesMax;
    private readonly BufferPool _pool;
    private readonly ConcurrentDictionary<LogId, LogTail> _logs = new();

    private readonly Lock _lock = new();                            // guards all fields below
    private readonly Queue<(LogTail Log, long BaseOffset)> _byAge = new();
    private readonly Queue<(LogTail Log, long BaseOffset)> _behindByAge = new();
    private long _chargedBytes;
    private long _behindBytes;
    private SharedBuffer? _slab;
    private int _slabUsedBytes;

    public TailCache(long bytesMax, BufferPool pool)
    {
        _bytesMax = bytesMax;
        _pool = pool;
    }

    public long ChargedBytes => Volatile.Read(ref _chargedBytes);

    /// <summary>
    /// Keeps a batch whose base offset is in place, of the tail or far <paramref name="isBehind">behind</paramref> it. The owner's reference stays
    /// the caller's; the cache adds its own.
    /// </summary>
    public void Add(
        LogId logId, long baseOffset, long lastOffset, SharedBuffer owner, ReadOnlyMemory<byte> batch, bool isBehind = false)
    {
        if (batch.Length > _bytesMax)
        {
            return;
        }

        var cached = owner.Length >= SharedOwnerBytesMin
            ? Share(baseOffset, lastOffset, owner, batch)
            : CopyToSlab(baseOffset, lastOffset, batch);
        var log = _logs.GetOrAdd(logId, static _ => new LogTail());
        if (!log.TryAdd(cached))
        {
            cached.Owner.Release();
            return;
        }

        lock (_lock)
        {
            (isBehind ? _behindByAge : _byAge).Enqueue((log, baseOffset));
            _chargedBytes += cached.ChargedBytes;
            _behindBytes += isBehind ? cached.ChargedBytes : 0;
            Evict();
        }
    }

    /// <summary>See <see cref="LogTail.Read"/>.</summary>
    public long Read(LogId logId, long offset, long endOffset, PartitionReadState read) =>
        _logs.TryGetValue(logId, out var log) ? log.Read(offset, endOffset, read) : offset;

    /// <summary>See <see cref="LogTail.Holds"/>.</summary>
    public bool Holds(LogId logId, long offset) => _logs.TryGetValue(logId, out var log) && log.Holds(offset);

    public void Dispose()
    {
        lock (_lock)
        {
            while (TryEvictOldest(_byAge) || TryEvictOldest(_behindByAge))
            {
            }

            _slab?.Release();
            _slab = null;
        }
    }

    private static CachedBatch Share(long baseOffset, long lastOffset, SharedBuffer owner, ReadOnlyMemory<byte> batch)
    {
        owner.AddRef();
        // The pool's blocks are powers of two: charge the batch with its share of the block.
        var charged = (long)BufferPool.CapacityFor(owner.Length) * batch.Length / owner.Length;
        return new CachedBatch(baseOffset, lastOffset, owner, batch, charged);
    }

    private CachedBatch CopyToSlab(long baseOffset, long lastOffset, ReadOnlyMemory<byte> batch)
    {
        lock (_lock)
        {
            if (_slab is null || _slabUsedBytes + batch.Length > SlabBytes)
            {
                _slab?.Release();
                _slab = _pool.Rent(SlabBytes);
                _slabUsedBytes = 0;
            }

            var copy = _slab.Memory.Slice(_slabUsedBytes, batch.Length);
            batch.CopyTo(copy);
            _slabUsedBytes += batch.Length;
            _slab.AddRef();
            return new CachedBatch(baseOffset, lastOffset, _slab, copy, batch.Length);
        }
    }

    private void Evict()
    {
        while (_chargedBytes > _bytesMax)
        {
            var (first, second) = _behindBytes > _bytesMax / 4 ? (_behindByAge, _byAge) : (_byAge, _behindByAge);
            if (!TryEvictOldest(first) && !TryEvictOldest(second))
            {
                return;
            }
        }
    }

    private bool TryEvictOldest(Queue<(LogTail Log, long BaseOffset)> queue)
    {
        if (!queue.TryDequeue(out var oldest))
        {
            return false;
        }

        if (oldest.Log.TryRemove(oldest.BaseOffset, out var removed))
        {
            _chargedBytes -= removed.ChargedBytes;
            _behindBytes -= queue == _behindByAge ? removed.ChargedBytes : 0;
            removed.Owner.Release();
        }

        return true;
    }
}
