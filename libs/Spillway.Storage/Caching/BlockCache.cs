using Spillway.Kafka.Buffers;
using Spillway.Storage.Caching.Disk;
using Spillway.Storage.Objects.Format;

namespace Spillway.Storage.Caching;

/// <summary>
/// Verified data blocks of objects, bounded in bytes, each read once however many fetches want it, neighbours by one request. A block handed out
/// stays valid after the cache has dropped it: its bytes go back to the pool with the last reference. Thread-safe.
/// </summary>
/// <remarks>
/// The unit is the format's data block, whose bounds the object's index names: what is cached has been verified once, lies in one piece and is
/// sent from where it lies. Blocks at multiples of some size would cut batches in two.
/// </remarks>
internal sealed class BlockCache
{
    private readonly BlockRunReader _reader;
    private readonly ColdReadGate _gate;
    private readonly ObjectCacheMetrics _metrics;
    private readonly DiskTier? _disk;
    private readonly long _requestBytesMax;
    private readonly SingleFlightCache<BlockKey, SharedBuffer> _cache;

    public BlockCache(
        BlockRunReader reader, ColdReadGate gate, ObjectCacheOptions options, ObjectCacheMetrics metrics, DiskTier? disk = null)
    {
        (_reader, _gate, _metrics, _disk, _requestBytesMax) = (reader, gate, metrics, disk, options.RequestBytesMax);
        _cache = new SingleFlightCache<BlockKey, SharedBuffer>(
            options.BlockBytesMax,
            static block => BufferPool.CapacityFor(block.Length),
            static block => block.AddRef(),
            static block => block.Release(),
            Evicted);
    }

    /// <summary>Bytes of the blocks held, as the pool's classes count them.</summary>
    public long SizeBytes => _cache.SizeBytes;

    /// <summary>Told of each block that was read ahead and dropped before anybody read it. It is called under a lock.</summary>
    public Action<BlockKey, long>? ReadAheadWasted { get; set; }

    /// <summary>Gets a block with a reference that the caller releases.</summary>
    public ValueTask<SharedBuffer> GetAsync(string key, in DataBlockEntry block, long flowId, CancellationToken cancellationToken)
    {
        var turn = new ReadTurn(flowId, isAhead: false);
        if (_cache.TryGet(BlockKey.Of(key, block), turn, out var bytes, out var load, out var isClaimed))
        {
            _metrics.BlockFound();
            return new(bytes);
        }

        if (isClaimed)
        {
            StartOne(key, block, load);
        }
        else
        {
            _metrics.BlockAwaited();
            _gate.Promote(load.Turn);
        }

        return _cache.WaitAsync(load, cancellationToken);
    }

    /// <summary>Begins to read those of consecutive blocks that are missing, and does not wait for them.</summary>
    public void Begin(string key, ReadOnlySpan<DataBlockEntry> blocks, long flowId, bool isAhead)
    {
        BlockRun? run = null;
        var turn = new ReadTurn(flowId, isAhead);
        foreach (ref readonly var block in blocks)
        {
            if (run is not null && !run.Fits(block, _requestBytesMax))
            {
                Start(run);
                (run, turn) = (null, new ReadTurn(flowId, isAhead));
            }

            var blockKey = BlockKey.Of(key, block);
            if (_disk?.Holds(blockKey) == true)
            {
                if (_cache.TryClaim(blockKey, new ReadTurn(flowId, isAhead)) is { } diskLoad)
                {
                    StartOne(key, block, diskLoad);
                }
            }
            else if (_cache.TryClaim(blockKey, turn) is { } load)
            {
                run ??= new BlockRun(key, turn);
                run.Add(block, load);
            }
        }

        if (run is not null)
        {
            Start(run);
        }
    }

    /// <summary>Whether a block is there or under way.</summary>
    public bool Contains(string key, in DataBlockEntry block) => _cache.Contains(BlockKey.Of(key, block));

    /// <summary>A reader got to a block's first batch.</summary>
    public void MarkUsed(string key, in DataBlockEntry block)
    {
        if (_cache.MarkUsed(BlockKey.Of(key, block)))
        {
            _metrics.BlockUsed(block.SizeBytes);
        }
    }

    /// <summary>Keeps a verified block that came along with another read, unless it is there. Takes over the caller's reference.</summary>
    public void Offer(string key, in DataBlockEntry block, SharedBuffer bytes)
    {
        if (!_cache.TryAdd(BlockKey.Of(key, block), bytes))
        {
            bytes.Release();
        }
    }

    /// <summary>Drops all, and whatever comes after.</summary>
    public void Clear() => _cache.Clear();

    /// <summary>Reads one block, from the disk where that has it. Its turn is no other's.</summary>
    private void StartOne(string key, in DataBlockEntry block, CacheEntry<BlockKey, SharedBuffer> load)
    {
        var run = new BlockRun(key, load.Turn);
        run.Add(block, load);
        if (_disk?.Holds(load.Key) == true)
        {
            _ = Task.Run(() => ReadFromDiskAsync(_disk, run));
        }
        else
        {
            Start(run);
        }
    }

    private async Task ReadFromDiskAsync(DiskTier disk, BlockRun run)
    {
        if (await disk.TryReadAsync(run.Loads[0].Key, run.Blocks[0]) is { } bytes)
        {
            _cache.Complete(run.Loads[0], bytes);
        }
        else
        {
            Start(run);
        }
    }

    private void Start(BlockRun run)
    {
        _metrics.BlocksMissed(run.Blocks.Count);

        // Its place at the gate is taken here, in the order of the blocks; the rest is off the caller's stack: a store that answers at once must not
        // read one partition after the other. It never throws.
        var entered = _gate.EnterAsync(run.Turn, run.LengthBytes);
        _ = Task.Run(() => _reader.ReadAsync(
            run, entered, (i, bytes) => _cache.Complete(run.Loads[i], bytes), (i, failure) => _cache.Fail(run.Loads[i], failure)));
    }

    private void Evicted(CacheEntry<BlockKey, SharedBuffer> entry)
    {
        _metrics.BlockEvicted();
        if (entry.IsUsed)
        {
            _disk?.Offer(entry.Key, entry.Value!);
        }
        else if (entry.Turn.CountsAsAhead)
        {
            _metrics.BlockWasted(entry.SizeBytes);
            ReadAheadWasted?.Invoke(entry.Key, entry.SizeBytes);
        }
    }
}
