using Spillway.Kafka.Buffers;
using Spillway.Storage.Objects.Format;

namespace Spillway.Storage.Caching;

/// <summary>
/// Verified data blocks of objects, bounded in bytes, each read once however many fetches want it. A block handed out stays valid after the
/// cache has dropped it: its bytes go back to the pool with the last reference. Thread-safe.
/// </summary>
internal sealed class BlockCache(ObjectReader reader, long bytesMax, StoreReadGate gate)
{
    private readonly SingleFlightCache<BlockKey, SharedBuffer> _cache = new(
        bytesMax, block => BufferPool.CapacityFor(block.Length), block => block.AddRef(), block => block.Release());

    /// <summary>Bytes of the blocks held, as the pool's classes count them.</summary>
    public long SizeBytes => _cache.SizeBytes;

    /// <summary>Gets a block with a reference that the caller releases.</summary>
    public ValueTask<SharedBuffer> GetAsync(string key, DataBlockEntry block, CancellationToken cancellationToken) =>
        _cache.GetAsync(new BlockKey(key, block.Position), () => LoadAsync(key, block, isAhead: false), cancellationToken);

    /// <summary>Begins to read a block that will be wanted.</summary>
    public void Prefetch(string key, DataBlockEntry block, bool isAhead) =>
        _cache.Prefetch(new BlockKey(key, block.Position), () => LoadAsync(key, block, isAhead));

    /// <summary>Keeps a verified block that came along with another read, unless it is there. Takes over the caller's reference.</summary>
    public void Offer(string key, DataBlockEntry block, SharedBuffer bytes)
    {
        if (!_cache.TryAdd(new BlockKey(key, block.Position), bytes))
        {
            bytes.Release();
        }
    }

    private Task<SharedBuffer> LoadAsync(string key, DataBlockEntry block, bool isAhead) =>
        gate.RunAsync(isAhead, () => reader.ReadBlockAsync(key, block, CancellationToken.None));

    private readonly record struct BlockKey(string Key, long Position);
}
