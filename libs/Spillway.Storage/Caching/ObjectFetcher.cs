using Spillway.Kafka.Buffers;
using Spillway.Storage.Objects;
using Spillway.Storage.Objects.Format;

namespace Spillway.Storage.Caching;

/// <summary>
/// Reads of what lies in objects: the cold end of a fetch. Index and data blocks come from caches or from the store, verified; a fetch's
/// blocks are read side by side, and the next ones ahead. Thread-safe.
/// </summary>
public sealed class ObjectFetcher : IDisposable
{
    private readonly ObjectIndexCache _indexes;
    private readonly BlockCache _blocks;
    private readonly int _readAheadBlockCount;

    /// <summary>Makes a fetcher with caches of its own.</summary>
    public ObjectFetcher(IObjectStore store, BufferPool pool, ObjectCacheOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var reader = new ObjectReader(store, pool);
        _indexes = new ObjectIndexCache(reader, options.IndexBytesMax);
        _blocks = new BlockCache(reader, options.BlockBytesMax, options.ConcurrentReadsMax);
        _readAheadBlockCount = options.ReadAheadBlockCount;
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
            var index = await _indexes.GetAsync(key, cancellationToken);
            var first = index.FindBlock(extent.LogId, offset);
            if (first < 0 || !Holds(extent, index.Entries[first]))
            {
                throw new ObjectCorruptException(key, $"Object '{key}' does not hold {extent.LogId} at offset {offset} in the range named.");
            }

            PrefetchFrom(key, extent, index, first, bytesMax);
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

    /// <inheritdoc/>
    public void Dispose() => _blocks.Dispose();

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

    private void PrefetchFrom(string key, in ObjectExtent extent, ObjectIndex index, int first, int bytesMax)
    {
        var wantedBytes = 0L;
        var aheadCount = 0;
        for (var i = first; i < index.Entries.Length && Holds(extent, index.Entries[i]); i++)
        {
            if (wantedBytes >= bytesMax && i > first && aheadCount++ == _readAheadBlockCount)
            {
                return;
            }

            _blocks.Prefetch(key, index.Entries[i]);
            wantedBytes += index.Entries[i].SizeBytes;
        }
    }

    /// <summary>Whether a block is part of the extent: the object may hold ranges of the log that the commit refused.</summary>
    private static bool Holds(in ObjectExtent extent, in DataBlockEntry block) =>
        block.LogId == extent.LogId
        && block.Position >= extent.Position
        && block.Position + block.SizeBytes <= extent.Position + extent.LengthBytes;

    private readonly record struct ReadGoal(long Offset, int BytesMax, bool IsOneBatchOwed);
}
