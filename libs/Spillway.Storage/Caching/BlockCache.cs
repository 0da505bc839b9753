using Spillway.Kafka.Buffers;
using Spillway.Storage.Objects.Format;

namespace Spillway.Storage.Caching;

/// <summary>
/// Verified data blocks of objects, bounded in bytes, each read once however many fetches want it. A block handed out stays valid after the
/// cache has dropped it: its bytes go back to the pool with the last reference. Thread-safe.
/// </summary>
public sealed class BlockCache : IDisposable
{
    private readonly SingleFlightCache<BlockKey, SharedBuffer> _cache;
    private readonly ObjectReader _reader;
    private readonly SemaphoreSlim _reads;

    /// <summary>Makes an empty cache.</summary>
    public BlockCache(ObjectReader reader, long bytesMax, int concurrentReadsMax)
    {
        _reader = reader;
        _reads = new SemaphoreSlim(concurrentReadsMax);
        _cache = new(
            bytesMax, block => BufferPool.CapacityFor(block.Length), block => block.AddRef(), block => block.Release());
    }

    /// <summary>Bytes of the blocks held, as the pool's classes count them.</summary>
    public long SizeBytes => _cache.SizeBytes;

    /// <summary>Gets a block with a reference that the caller releases.</summary>
    public ValueTask<SharedBuffer> GetAsync(string key, DataBlockEntry block, CancellationToken cancellationToken) =>
        _cache.GetAsync(new BlockKey(key, block.Position), () => LoadAsync(key, block), cancellationToken);

    /// <summary>Begins to read a block that will be wanted.</summary>
    public void Prefetch(string key, DataBlockEntry block) =>
        _cache.Prefetch(new BlockKey(key, block.Position), () => LoadAsync(key, block));

    /// <inheritdoc/>
    public void Dispose() => _reads.Dispose();

    private async Task<SharedBuffer> LoadAsync(string key, DataBlockEntry block)
    {
        await _reads.WaitAsync();
        try
        {
            return await _reader.ReadBlockAsync(key, block, CancellationToken.None);
        }
        finally
        {
            _reads.Release();
        }
    }

    private readonly record struct BlockKey(string Key, long Position);
}
