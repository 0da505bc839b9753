using Spillway.Storage.Objects.Format;

namespace Spillway.Storage.Caching;

/// <summary>Indexes of objects, by key, each read once. Objects never change under a key, so nothing here goes stale. Thread-safe.</summary>
public sealed class ObjectIndexCache(ObjectReader reader, long bytesMax)
{
    private readonly SingleFlightCache<string, ObjectIndex> _cache = new(bytesMax, index => index.SizeBytes, _ => { }, _ => { });

    /// <summary>Bytes of the indexes held.</summary>
    public long SizeBytes => _cache.SizeBytes;

    /// <summary>Gets an object's index.</summary>
    public ValueTask<ObjectIndex> GetAsync(string key, CancellationToken cancellationToken) =>
        // The load serves every waiter, so no single caller's token ends it; the store has deadlines of its own.
        _cache.GetAsync(key, () => reader.ReadIndexAsync(key, CancellationToken.None), cancellationToken);
}
