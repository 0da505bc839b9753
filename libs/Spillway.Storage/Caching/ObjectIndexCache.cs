using Spillway.Storage.Objects.Format;

namespace Spillway.Storage.Caching;

/// <summary>
/// Indexes of objects, by key, each read once. Objects never change under a key, so nothing here goes stale. The data blocks that the
/// same request brings are given to the block cache: a small object is read by one request, whatever its partitions. Thread-safe.
/// </summary>
internal sealed class ObjectIndexCache(ObjectReader reader, long bytesMax, BlockCache blocks, StoreReadGate gate)
{
    private readonly SingleFlightCache<string, ObjectIndex> _cache = new(bytesMax, index => index.SizeBytes, _ => { }, _ => { });

    /// <summary>Bytes of the indexes held.</summary>
    public long SizeBytes => _cache.SizeBytes;

    /// <summary>Gets an object's index.</summary>
    public ValueTask<ObjectIndex> GetAsync(string key, bool isAhead, CancellationToken cancellationToken) =>
        // The load serves every waiter, so no single caller's token ends it; the store has deadlines of its own.
        _cache.GetAsync(key, () => gate.RunAsync(isAhead, () => LoadAsync(key)), cancellationToken);

    private Task<ObjectIndex> LoadAsync(string key) =>
        reader.ReadIndexAsync(key, (block, bytes) => blocks.Offer(key, block, bytes), CancellationToken.None);
}
