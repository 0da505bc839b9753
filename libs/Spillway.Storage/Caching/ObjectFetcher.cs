using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Storage.Caching.Disk;
using Spillway.Storage.Objects;
using Spillway.Storage.Objects.Format;

namespace Spillway.Storage.Caching;

/// <summary>
/// Reads of what lies in objects: the cold end of a fetch. Index and data blocks come from caches or from the store, verified; a fetch's
/// blocks are read side by side, and what a sequential reader will ask for next, ahead of it. Thread-safe.
/// </summary>
public sealed class ObjectFetcher : IDisposable
{
    private readonly ObjectIndexCache _indexes;
    private readonly BlockCache _blocks;
    private readonly DiskTier? _disk;

    /// <summary>Makes a fetcher with caches of its own; requests are counted under the causes fetch, index and hedge.</summary>
    /// <exception cref="IOException">The folder of the caches' disk cannot be written to.</exception>
    public ObjectFetcher(
        IObjectStore store,
        BufferPool pool,
        ObjectCacheOptions options,
        ObjectCacheMetrics? metrics = null,
        TimeProvider? time = null,
        ILogger<ObjectFetcher>? logger = null)
        : this(store, pool, options, metrics, time, OpenDisk(options, pool, metrics, time, logger))
    {
    }

    internal ObjectFetcher(
        IObjectStore store, BufferPool pool, ObjectCacheOptions options, ObjectCacheMetrics? metrics, TimeProvider? time, DiskTier? disk)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(options);
        var told = metrics ?? ObjectCacheMetrics.Unheard;
        var clock = time ?? TimeProvider.System;
        var gate = new ColdReadGate(options.ConcurrentReadsMax, options.InFlightBytesMax, ReadPace.Of(options, clock));
        var hedges = new HedgedReads(store, gate, new HedgePolicy(options.HedgedPercentMax / 100.0), told, clock);
        var runs = new BlockRunReader(store.For(RequestCause.Fetch), pool, gate, hedges);
        _disk = disk;
        _blocks = new BlockCache(runs, gate, options, told, _disk);
        _indexes = new ObjectIndexCache(store, pool, options.IndexBytesMax, _blocks, gate, hedges, told);
        metrics?.Observe(_blocks, _indexes, gate, _disk);
    }

    /// <summary>Bytes held by the caches.</summary>
    public long CachedBytes => _indexes.SizeBytes + _blocks.SizeBytes;

    /// <summary>Bytes held on the caches' disk.</summary>
    public long DiskBytes => _disk?.SizeBytes ?? 0;

    /// <summary>
    /// Told of what was read ahead of a log's readers and dropped before anybody read it, in bytes. It is called under a lock and must not
    /// call back.
    /// </summary>
    public void OnReadAheadWasted(Action<LogId, long> told)
    {
        ArgumentNullException.ThrowIfNull(told);
        _blocks.ReadAheadWasted = (block, bytes) => told(block.LogId, bytes);
    }

    /// <summary>
    /// Reads batches of an extent from the one that holds <paramref name="offset"/> on, as many whole ones as fit
    /// <paramref name="bytesMax"/>; with <paramref name="isOneBatchOwed"/> the first comes even if it does not fit. Where the object fails
    /// after the first batches, they are the answer, and the next read gets the failure. Reads of different flows share the store alike.
    /// </summary>
    /// <exception cref="ObjectStoreException">Nothing could be read.</exception>
    public async Task<FetchedBatches> ReadAsync(
        string key,
        ObjectExtent extent,
        long offset,
        int bytesMax,
        bool isOneBatchOwed,
        CancellationToken cancellationToken,
        long flowId = 0)
    {
        ArgumentNullException.ThrowIfNull(key);
        var fetched = new FetchedBatches(offset);
        if (offset > extent.LastOffset || (bytesMax <= 0 && !isOneBatchOwed))
        {
            return fetched;
        }

        try
        {
            var index = await _indexes.GetAsync(key, flowId, isAhead: false, cancellationToken);
            var first = index.FindBlock(extent.LogId, offset);
            if (first < 0 || !Holds(extent, index.Entries[first]))
            {
                throw new ObjectCorruptException(key, $"Object '{key}' does not hold {extent.LogId} at offset {offset} in the range named.");
            }

            _blocks.Begin(key, index.Entries.Slice(first, CountBlocks(extent, index, first, bytesMax)), flowId, isAhead: false);
            var goal = new ReadGoal(offset, bytesMax, isOneBatchOwed, flowId);
            await ReadBlocksAsync(key, extent, index, first, goal, fetched, cancellationToken);
            return fetched;
        }
        catch (ObjectStoreException) when (fetched.LengthBytes > 0)
        {
            return fetched;
        }
        catch
        {
            fetched.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Begins to read what a reader at <paramref name="offset"/> will want, about <paramref name="bytesMax"/> of it; completes when the reads
    /// are under way. Nothing is begun while more than half of it is there or under way: so requests stay large. What fails here is told to
    /// whoever then asks for it.
    /// </summary>
    public async Task ReadAheadAsync(string key, ObjectExtent extent, long offset, long bytesMax, long flowId = 0)
    {
        ArgumentNullException.ThrowIfNull(key);
        try
        {
            var index = await _indexes.GetAsync(key, flowId, isAhead: true, CancellationToken.None);
            var first = index.FindBlock(extent.LogId, offset);
            if (first >= 0 && Holds(extent, index.Entries[first]))
            {
                BeginAhead(key, index.Entries.Slice(first, CountBlocks(extent, index, first, bytesMax)), bytesMax, flowId);
            }
        }
        catch (ObjectStoreException)
        {
        }
    }

    /// <summary>
    /// The lowest offset at or above <paramref name="offset"/> at which a data block of the extent begins, or goes on, that has a record of the
    /// time or later; the one after the extent where there is none. Only the object's index is read.
    /// </summary>
    /// <exception cref="ObjectStoreException">The index could not be read.</exception>
    public async Task<long> SeekAsync(
        string key, ObjectExtent extent, long timestampMs, long offset, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        var index = await _indexes.GetAsync(key, 0, isAhead: false, cancellationToken);
        var i = index.FindBlock(extent.LogId, offset);
        if (i < 0 || !Holds(extent, index.Entries[i]))
        {
            return offset; // The read there tells what is wrong.
        }

        for (; i < index.Entries.Length && Holds(extent, index.Entries[i]); i++)
        {
            if (index.Entries[i].MaxTimestamp >= timestampMs)
            {
                return Math.Max(offset, index.Entries[i].BaseOffset);
            }
        }

        return extent.LastOffset + 1;
    }

    /// <summary>Gives the memory of the caches back; what is handed out stays its owners'.</summary>
    public void Dispose()
    {
        _blocks.Clear();
        _disk?.Dispose();
    }

    private static DiskTier? OpenDisk(
        ObjectCacheOptions options, BufferPool pool, ObjectCacheMetrics? metrics, TimeProvider? time, ILogger<ObjectFetcher>? logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.DiskFolder.Length == 0
            ? null
            : new DiskTier(
                new UnnamedFile(options.DiskFolder),
                options.DiskBytesMax,
                pool,
                metrics ?? ObjectCacheMetrics.Unheard,
                time ?? TimeProvider.System,
                logger ?? NullLogger<ObjectFetcher>.Instance);
    }

    private async Task ReadBlocksAsync(
        string key,
        ObjectExtent extent,
        ObjectIndex index,
        int first,
        ReadGoal goal,
        FetchedBatches fetched,
        CancellationToken cancellationToken)
    {
        for (var i = first; i < index.Entries.Length && Holds(extent, index.Entries[i]); i++)
        {
            var block = await _blocks.GetAsync(key, index.Entries[i], goal.FlowId, cancellationToken);
            var before = fetched.LengthBytes;
            var goesOn = TryTake(key, extent, block, goal, fetched);
            if (fetched.LengthBytes > before && goal.Offset <= index.Entries[i].BaseOffset)
            {
                // One pass over a block is many fetches: the one that has its beginning counts.
                _blocks.MarkUsed(key, index.Entries[i]);
            }

            if (!goesOn)
            {
                return;
            }
        }
    }

    /// <summary>Takes over the block's reference; false where the read is at its end.</summary>
    private static bool TryTake(string key, in ObjectExtent extent, SharedBuffer block, in ReadGoal goal, FetchedBatches fetched)
    {
        var start = -1;
        var end = 0;
        var nextOffset = fetched.NextOffset;
        var isFull = false;
        try
        {
            for (var walk = new BatchWalk(block.Span); walk.MoveNext();)
            {
                if (walk.Header.LastOffset < goal.Offset)
                {
                    continue;
                }

                var isOwed = goal.IsOneBatchOwed && fetched.LengthBytes == 0 && start < 0;
                var takenBytes = fetched.LengthBytes + (start < 0 ? 0 : end - start);
                isFull = walk.Header.BaseOffset > extent.LastOffset
                    || (takenBytes + (long)walk.LengthBytes > goal.BytesMax && !isOwed);
                if (isFull)
                {
                    break;
                }

                start = start < 0 ? walk.Start : start;
                end = walk.Start + walk.LengthBytes;
                nextOffset = walk.Header.NextOffset;
            }
        }
        catch (CorruptBatchException e)
        {
            block.Release();
            throw new ObjectCorruptException(key, $"Object '{key}' holds a data block that is not record batches.", e);
        }

        if (start < 0)
        {
            block.Release();
        }
        else
        {
            fetched.Add(block, start, end - start, nextOffset);
        }

        return !isFull;
    }

    private void BeginAhead(string key, ReadOnlySpan<DataBlockEntry> blocks, long bytesMax, long flowId)
    {
        var presentBytes = 0L;
        foreach (ref readonly var block in blocks)
        {
            if (!_blocks.Contains(key, block))
            {
                _blocks.Begin(key, blocks, flowId, isAhead: true);
                return;
            }

            presentBytes += block.SizeBytes;
            if (presentBytes > bytesMax / 2)
            {
                return;
            }
        }
    }

    /// <summary>Blocks until there are so many bytes; the first one in any case.</summary>
    private static int CountBlocks(in ObjectExtent extent, ObjectIndex index, int first, long bytesMax)
    {
        var (count, bytes) = (0, 0L);
        for (var i = first; i < index.Entries.Length && Holds(extent, index.Entries[i]) && (bytes < bytesMax || i == first); i++)
        {
            bytes += index.Entries[i].SizeBytes;
            count++;
        }

        return count;
    }

    /// <summary>Whether a block is part of the extent: the object may hold ranges of the log that the commit refused.</summary>
    private static bool Holds(in ObjectExtent extent, in DataBlockEntry block) =>
        block.LogId == extent.LogId
        && block.Position >= extent.Position
        && block.Position + block.SizeBytes <= extent.Position + extent.LengthBytes;

    private readonly record struct ReadGoal(long Offset, int BytesMax, bool IsOneBatchOwed, long FlowId);
}
