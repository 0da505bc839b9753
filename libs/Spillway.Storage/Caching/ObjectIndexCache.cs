using System.Diagnostics.CodeAnalysis;
using Spillway.Kafka.Buffers;
using Spillway.Storage.Objects;
using Spillway.Storage.Objects.Format;

namespace Spillway.Storage.Caching;

/// <summary>
/// Indexes of objects, by key, each read once. Objects never change under a key, so nothing here goes stale. The data blocks that the
/// same request brings are given to the block cache: a small object is read by one request, whatever its partitions. Thread-safe.
/// </summary>
internal sealed class ObjectIndexCache(
    IObjectStore store, BufferPool pool, long bytesMax, BlockCache blocks, ColdReadGate gate, HedgedReads hedges, ObjectCacheMetrics metrics)
{
    private readonly IObjectStore _store = store.For(RequestCause.Index);
    private readonly SingleFlightCache<string, ObjectIndex> _cache = new(
        bytesMax, static index => index.SizeBytes, static _ => { }, static _ => { }, _ => metrics.IndexEvicted());

    /// <summary>Bytes of the indexes held.</summary>
    public long SizeBytes => _cache.SizeBytes;

    /// <summary>Gets an object's index.</summary>
    public ValueTask<ObjectIndex> GetAsync(string key, long flowId, bool isAhead, CancellationToken cancellationToken)
    {
        var turn = new ReadTurn(flowId, isAhead);
        if (_cache.TryGet(key, turn, out var index, out var load, out var isClaimed))
        {
            metrics.IndexFound();
            return new(index);
        }

        if (isClaimed)
        {
            // The load serves every waiter, so no single caller's token ends it; the store has deadlines of its own.
            metrics.IndexMissed();
            var entered = gate.EnterAsync(turn, ObjectFormat.TailBytes);
            _ = Task.Run(() => LoadAsync(key, load, entered), CancellationToken.None);
        }
        else if (!isAhead)
        {
            gate.Promote(load.Turn);
        }

        return _cache.WaitAsync(load, cancellationToken);
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whoever waits for the index is told, whatever it is.")]
    private async Task LoadAsync(string key, CacheEntry<string, ObjectIndex> load, Task entered)
    {
        try
        {
            _cache.Complete(load, await ReadAsync(key, load.Turn, entered));
        }
        catch (Exception e)
        {
            _cache.Fail(load, e);
        }
    }

    private async Task<ObjectIndex> ReadAsync(string key, ReadTurn turn, Task entered)
    {
        await entered;
        try
        {
            return await hedges.RunAsync(_store, ObjectFormat.TailBytes, ReadFromAsync, static _ => { });
        }
        finally
        {
            gate.Exit(turn);
        }

        Task<ObjectIndex> ReadFromAsync(IObjectStore from, CancellationToken cancellationToken) =>
            new ObjectReader(from, pool).ReadIndexAsync(key, (block, bytes) => blocks.Offer(key, block, bytes), cancellationToken);
    }
}
