using Spillway.Kafka.Buffers;
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
    private readonly StoreReadGate _gate;

    /// <summary>Makes a fetcher with caches of its own.</summary>
    public ObjectFetcher(IObjectStore store, BufferPool pool, ObjectCacheOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var reader = new ObjectReader(store, pool);
        _gate = new StoreReadGate(options.ConcurrentReadsMax);
        _blocks = new BlockCache(reader, options.BlockBytesMax, _gate);
        _indexes = new ObjectIndexCache(reader, options.IndexBytesMax, _blocks, _gate);
    }

    /// <summary>Bytes held by the caches.</summary>
    public long CachedBytes => _indexes.SizeBytes + _blocks.SizeBytes;

    /// <summary>
    /// Reads batches of an extent from the one that holds <paramref name="offset"/> on, as many whole ones as fit
    /// <paramref name="bytesMax"/>; with <paramref name="isOneBatchOwed"/> the first comes even if it does not fit. Where the object fails
    /// after the first batches, they are the answer, and the next read gets the failure.
    /// </summary>
    /// <exception cref="ObjectStoreException">Nothing could be read.</exception>
    public async Task<FetchedBatches> ReadAsync(
        string key, ObjectExtent extent, long offset, int bytesMax, bool isOneBatchOwed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        var fetched = new FetchedBatches(offset);
        if (offset > extent.LastOffset || (bytesMax <= 0 && !isOneBatchOwed))
        {
            return fetched;
        }

        try
        {
            var index = await _indexes.GetAsync(key, isAhead: false, cancellationToken);
            var first = index.FindBlock(extent.LogId, offset);
            if (first < 0 || !Holds(extent, index.Entries[first]))
            {
                throw new ObjectCorruptException(key, $"Object '{key}' does not hold {extent.LogId} at offset {offset} in the range named.");
            }

            PrefetchFrom(key, extent, index, first, bytesMax, isAhead: false);
            await ReadBlocksAsync(key, extent, index, first, new ReadGoal(offset, bytesMax, isOneBatchOwed), fetched, cancellationToken);
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
    /// are under way. What fails here is told to whoever then asks for it.
    /// </summary>
    public async Task ReadAheadAsync(string key, ObjectExtent extent, long offset, long bytesMax)
    {
        ArgumentNullException.ThrowIfNull(key);
        try
        {
            var index = await _indexes.GetAsync(key, isAhead: true, CancellationToken.None);
            var first = index.FindBlock(extent.LogId, offset);
            if (first >= 0 && Holds(extent, index.Entries[first]))
            {
                PrefetchFrom(key, extent, index, first, bytesMax, isAhead: true);
            }
        }
        catch (Exception e) when (e is ObjectStoreException or ObjectDisposedException)
        {
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

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
            var block = await _blocks.GetAsync(key, index.Entries[i], cancellationToken);
            if (!TryTake(key, extent, block, goal, fetched))
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

    /// <summary>Blocks until there are so many bytes; the first one in any case.</summary>
    private void PrefetchFrom(string key, in ObjectExtent extent, ObjectIndex index, int first, long bytesMax, bool isAhead)
    {
        var bytes = 0L;
        for (var i = first; i < index.Entries.Length && Holds(extent, index.Entries[i]); i++)
        {
            if (bytes >= bytesMax && i > first)
            {
                return;
            }

            _blocks.Prefetch(key, index.Entries[i], isAhead);
            bytes += index.Entries[i].SizeBytes;
        }
    }

    /// <summary>Whether a block is part of the extent: the object may hold ranges of the log that the commit refused.</summary>
    private static bool Holds(in ObjectExtent extent, in DataBlockEntry block) =>
        block.LogId == extent.LogId
        && block.Position >= extent.Position
        && block.Position + block.SizeBytes <= extent.Position + extent.LengthBytes;

    private readonly record struct ReadGoal(long Offset, int BytesMax, bool IsOneBatchOwed);
}
