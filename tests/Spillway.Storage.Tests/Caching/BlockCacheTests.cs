using Microsoft.Extensions.Logging.Abstractions;
using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Storage.Caching;
using Spillway.Storage.Caching.Disk;
using Spillway.Storage.Objects;
using Spillway.Storage.Objects.Format;
using Spillway.Storage.Tests.Caching.Disk;
using Spillway.Storage.Tests.Objects.Format;
using Spillway.Testing;
using Spillway.Testing.Metrics;
using Spillway.Testing.Objects;
using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.Storage.Tests.Caching;

/// <summary>How data blocks come into the cache, and what happens to their memory: forty of about 900 bytes, of one log.</summary>
public sealed class BlockCacheTests : IDisposable
{
    private const int BlockCount = 40;
    private static readonly LogId Log = new(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly InMemoryObjectStore _memory = new();
    private readonly FaultyObjectStore _store;
    private readonly BufferPool _pool = new(64 << 20);
    private readonly CounterReadings _counters = new();
    private readonly ManualTimeProvider _time = new();
    private readonly ObjectBuilder _object = new(new Random(3), 1000);
    private ObjectIndex? _index;

    public BlockCacheTests() => _store = new FaultyObjectStore(_memory);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private DataBlockEntry[] Blocks => [.. _index!.Entries.ToArray().Where(static block => block.LogId == Log)];

    public void Dispose()
    {
        _object.Dispose();
        _counters.Dispose();
    }

    [Fact]
    public async Task Missing_neighbours_are_one_request_and_what_is_there_is_not_asked_for()
    {
        var extent = await PutAsync();
        using var fetcher = NewFetcher(_store);
        await ReadBlockAsync(fetcher, extent, 5);
        var before = Gets;

        using var all = await fetcher.ReadAsync("o", extent, 0, int.MaxValue, isOneBatchOwed: true, Token);

        Assert.Equal(_object.Batches.SelectMany(static b => b.Bytes), Join(all));
        Assert.Equal(2, Gets - before); // before and after the one that was there
    }

    [Fact]
    public async Task A_request_has_a_bound()
    {
        var extent = await PutAsync();
        var blockBytes = Blocks.Max(static block => block.SizeBytes);
        using var fetcher = NewFetcher(_store, requestBytesMax: 10 * blockBytes);
        var before = Gets;

        (await fetcher.ReadAsync("o", extent, 0, int.MaxValue, isOneBatchOwed: true, Token)).Dispose();

        Assert.Equal(1 + (BlockCount / 10), Gets - before); // with the index
    }

    [Fact]
    public async Task One_damaged_block_is_not_its_neighbours()
    {
        var extent = await PutAsync();
        var damaged = Blocks[7];
        var bytes = _memory.Get("o");
        bytes[damaged.Position + 70] ^= 1;
        _memory.Set("o", bytes);
        using var fetcher = NewFetcher(_store);

        using var before = await fetcher.ReadAsync("o", extent, 0, int.MaxValue, isOneBatchOwed: true, Token);
        using var after = await fetcher.ReadAsync("o", extent, damaged.LastOffset + 1, int.MaxValue, isOneBatchOwed: true, Token);

        Assert.Equal(damaged.BaseOffset, before.NextOffset);
        Assert.Equal(extent.LastOffset + 1, after.NextOffset);
        await Assert.ThrowsAsync<ObjectCorruptException>(
            () => fetcher.ReadAsync("o", extent, damaged.BaseOffset, 1, isOneBatchOwed: true, Token));
    }

    [Fact]
    public async Task An_answer_that_was_damaged_on_its_way_is_asked_for_again()
    {
        var extent = await PutAsync();
        using var fetcher = NewFetcher(_store);
        await ReadBlockAsync(fetcher, extent, 39);
        _store.FailNext(ObjectRequestKind.Get, ObjectFault.Damaged);

        using var all = await fetcher.ReadAsync("o", extent, 0, int.MaxValue, isOneBatchOwed: true, Token);

        Assert.Equal(_object.Batches.SelectMany(static b => b.Bytes), Join(all));
    }

    [Fact]
    public async Task A_request_that_fails_gives_all_its_memory_back()
    {
        var extent = await PutAsync();
        _object.Dispose();
        using (var fetcher = NewFetcher(_store))
        {
            await ReadBlockAsync(fetcher, extent, 39);
            _store.FailNext(ObjectRequestKind.Get);
            await Assert.ThrowsAsync<ObjectStoreUnavailableException>(
                () => fetcher.ReadAsync("o", extent, 0, int.MaxValue, isOneBatchOwed: true, Token));
        }

        await Eventually.TrueAsync(() => _pool.RentedBytes == 0, "the pool has its buffers back", Token, Patience);
    }

    [Fact]
    public async Task Somebody_who_asks_for_what_is_to_be_read_ahead_does_not_wait_for_the_rest_of_it()
    {
        var extent = await PutAsync();
        using var fetcher = NewFetcher(_store, requestBytesMax: 1, concurrentReadsMax: 2);
        await ReadBlockAsync(fetcher, extent, 0);
        var gate = new TaskCompletionSource();
        var held = 0;
        _store.BeforeRequest = (_, _) => Interlocked.Increment(ref held) == 1 ? gate.Task : Task.CompletedTask;
        await fetcher.ReadAheadAsync("o", extent, Blocks[1].BaseOffset, int.MaxValue);
        await Eventually.TrueAsync(() => Volatile.Read(ref held) == 1, "one is read ahead, and held", Token, Patience);

        await ReadBlockAsync(fetcher, extent, 39).WaitAsync(Patience, Token);

        Assert.Equal(2, held);
        gate.SetResult();
    }

    [Fact]
    public async Task Memory_that_was_given_back_is_not_written_by_a_read_that_lost()
    {
        var extent = await PutAsync();
        _object.Dispose();
        var late = new LateObjectStore(_memory);
        var options = new ObjectCacheOptions { RequestBytesMax = 1, HedgedPercentMax = 50, BlockBytesMax = 1, BytesPerSecondMax = 0 };
        using var fetcher = new ObjectFetcher(late, _pool, options, new ObjectCacheMetrics(_counters), _time);
        for (var i = 0; i < 2 * LatencyQuantile.SamplesMin; i++)
        {
            await ReadBlockAsync(fetcher, extent, i % 2);
        }

        late.Hold = new TaskCompletionSource();
        var read = fetcher.ReadAsync("o", extent, Blocks[9].BaseOffset, 1, isOneBatchOwed: true, Token);
        await Eventually.TrueAsync(() => late.HeldCount == 1 && _time.PendingTimerCount > 0, "it is held", Token, Patience);
        _time.Advance(TimeSpan.FromSeconds(1));
        var fetched = await read.WaitAsync(Patience, Token);
        var expected = Join(fetched);

        // All that the pool would give to others now, poisoned; and the block itself, which its reader still holds.
        var poisoned = Enumerable.Range(0, 200).Select(_ => _pool.Rent(4096)).ToList();
        poisoned.ForEach(static buffer => buffer.Span.Fill(0xDD));
        late.Hold.SetResult();
        await Eventually.TrueAsync(() => late.WrittenCount == 1, "the late read writes", Token, Patience);

        Assert.All(poisoned, static buffer => Assert.False(buffer.Span.ContainsAnyExcept((byte)0xDD)));
        Assert.Equal(expected, Join(fetched));
        Assert.Equal(1, _counters["spillway.object_cache.hedges", "second"]);
        fetched.Dispose();
        poisoned.ForEach(static buffer => buffer.Release());
        fetcher.Dispose();
        await Eventually.TrueAsync(() => _pool.RentedBytes == 0, "the pool has its buffers back", Token, Patience);
    }

    [Fact]
    public async Task What_a_reader_holds_is_not_reused_when_the_cache_drops_it()
    {
        var extent = await PutAsync();
        using var fetcher = NewFetcher(_store, blockBytesMax: 1 << 14);
        using var held = await fetcher.ReadAsync("o", extent, 0, 2000, isOneBatchOwed: true, Token);
        var expected = Join(held);
        for (var block = 3; block < BlockCount; block++)
        {
            await ReadBlockAsync(fetcher, extent, block);
        }

        var poisoned = Enumerable.Range(0, 100).Select(_ => _pool.Rent(4096)).ToList();
        poisoned.ForEach(static buffer => buffer.Span.Fill(0xDD));

        Assert.Equal(expected, Join(held));
        poisoned.ForEach(static buffer => buffer.Release());
    }

    [Fact]
    public async Task What_is_read_ahead_in_vain_is_told()
    {
        var extent = await PutAsync();
        using var fetcher = NewFetcher(_store, blockBytesMax: 10 * 4096);
        var wastedBytes = 0L;
        fetcher.OnReadAheadWasted((log, bytes) => wastedBytes += log == Log ? bytes : 0);
        await fetcher.ReadAheadAsync("o", extent, 0, 5000);
        var aheadCount = _counters["spillway.object_cache.misses", "block"];
        await Eventually.TrueAsync(() => fetcher.CachedBytes >= aheadCount * 4096, "it is read ahead", Token, Patience);
        await ReadBlockAsync(fetcher, extent, 0);

        for (var block = 20; block < BlockCount; block++)
        {
            await ReadBlockAsync(fetcher, extent, block);
        }

        Assert.Equal((aheadCount - 1) * 4096, wastedBytes); // all but the one that was read
        Assert.Equal(wastedBytes, _counters["spillway.object_cache.read_ahead.wasted"]);
    }

    [Fact]
    public async Task Requests_are_counted_by_what_they_are_for()
    {
        var extent = await PutAsync();
        using var folder = new TemporaryFolder();
        var store = new FolderObjectStore(folder.Path, new ObjectStoreMetrics(_counters));
        await store.PutAsync("o", new ObjectPayload(_memory.Get("o")), PutMode.CreateNew, Token);
        using var fetcher = NewFetcher(store);

        await ReadBlockAsync(fetcher, extent, 0);
        await ReadBlockAsync(fetcher, extent, 0);

        Assert.Equal(1, _counters["spillway.object_store.requests", "get", "ok", "index"]);
        Assert.Equal(1, _counters["spillway.object_store.requests", "get", "ok", "fetch"]);
        Assert.Equal(1, _counters["spillway.object_cache.misses", "index"]);
        Assert.Equal(1, _counters["spillway.object_cache.hits", "index"]);
        Assert.Equal(1, _counters["spillway.object_cache.misses", "block"]);
        Assert.Equal(1, _counters["spillway.object_cache.hits", "block"]);
        Assert.Equal(Blocks[0].SizeBytes, _counters["spillway.object_cache.used"]);
    }

    [Fact]
    public async Task A_time_is_sought_in_the_index_alone()
    {
        var extent = await PutAsync();
        using var fetcher = NewFetcher(_store);
        var before = Gets;

        foreach (var block in Blocks)
        {
            Assert.Equal(block.BaseOffset, await fetcher.SeekAsync("o", extent, block.MaxTimestamp, 0, Token));
        }

        Assert.Equal(Blocks[5].BaseOffset + 1, await fetcher.SeekAsync("o", extent, 0, Blocks[5].BaseOffset + 1, Token));
        Assert.Equal(extent.LastOffset + 1, await fetcher.SeekAsync("o", extent, long.MaxValue, 0, Token));
        Assert.Equal(1, Gets - before);
    }

    [Fact]
    public async Task What_had_to_make_room_comes_back_from_the_disk_without_a_request()
    {
        var extent = await PutAsync();
        using var folder = new TemporaryFolder();
        using var fetcher = NewFetcher(_store, blockBytesMax: 1, diskFolder: folder.Path);
        await ReadAllAsync();
        await Eventually.TrueAsync(
            () => fetcher.DiskBytes >= Blocks[..^1].Sum(static block => block.SizeBytes), "all but the newest are on the disk", Token);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path)); // The file has no name: it goes with the process.
        var before = Gets;

        Assert.Equal(_object.Batches.SelectMany(static b => b.Bytes), await ReadAllAsync());

        Assert.Equal(before, Gets);
        Assert.InRange(_counters["spillway.object_cache.hits", "disk"], BlockCount - 1, long.MaxValue);

        async Task<byte[]> ReadAllAsync()
        {
            var all = new List<byte>();
            for (var offset = 0L; offset <= extent.LastOffset;)
            {
                using var fetched = await fetcher.ReadAsync("o", extent, offset, 1, isOneBatchOwed: true, Token);
                all.AddRange(Join(fetched));
                offset = fetched.NextOffset;
            }

            return [.. all];
        }
    }

    [Fact]
    public async Task What_the_disk_does_not_give_comes_from_the_store()
    {
        var extent = await PutAsync();
        using var file = new ScriptedBlockFile(1 << 20);
        using var tier = new DiskTier(file, 1 << 20, _pool, ObjectCacheMetrics.Unheard, _time, NullLogger.Instance);
        var options = new ObjectCacheOptions { BlockBytesMax = 1, BytesPerSecondMax = 0, ConcurrentReadsMax = 1 };
        using var fetcher = new ObjectFetcher(_store, _pool, options, metrics: null, _time, tier);
        for (var block = 0; block < BlockCount; block++)
        {
            await ReadBlockAsync(fetcher, extent, block);
        }

        await Eventually.TrueAsync(
            () => fetcher.DiskBytes >= Blocks[..^1].Sum(static block => block.SizeBytes), "all but the newest are on the disk", Token);
        file.BeforeRead = static () => throw new IOException("made to fail");

        // Each waits for the one place at the store, and has a turn of its own.
        using var all = await fetcher.ReadAsync("o", extent, 0, int.MaxValue, isOneBatchOwed: true, Token).WaitAsync(Patience, Token);
        Assert.Equal(_object.Batches.SelectMany(static b => b.Bytes), Join(all));
    }

    [Fact]
    public async Task What_nobody_read_is_not_worth_the_disk()
    {
        var extent = await PutAsync();
        using var file = new ScriptedBlockFile(1 << 20);
        using var tier = new DiskTier(file, 1 << 20, _pool, ObjectCacheMetrics.Unheard, _time, NullLogger.Instance);
        var options = new ObjectCacheOptions { BlockBytesMax = 1, BytesPerSecondMax = 0 };
        using var fetcher = new ObjectFetcher(_store, _pool, options, new ObjectCacheMetrics(_counters), _time, tier);
        await fetcher.ReadAheadAsync("o", extent, Blocks[0].BaseOffset, 1 << 20).WaitAsync(Patience, Token);
        await Eventually.TrueAsync(
            () => _counters["spillway.object_cache.evictions", "block"] == BlockCount - 1, "all are read and all but one gone", Token);
        await ReadBlockAsync(fetcher, extent, 0);
        await ReadBlockAsync(fetcher, extent, 1);
        await ReadBlockAsync(fetcher, extent, 2);

        await Eventually.TrueAsync(() => file.Writes.Count >= 2, "the two that were read are on the disk", Token);

        Assert.Equal(2, file.Writes.Count);
    }

    private int Gets => _memory.CountRequests(ObjectRequestKind.Get);

    private static byte[] Join(FetchedBatches fetched) => [.. fetched.Pieces.SelectMany(static p => p.ToArray())];

    private async Task ReadBlockAsync(ObjectFetcher fetcher, ObjectExtent extent, int block) =>
        (await fetcher.ReadAsync("o", extent, Blocks[block].BaseOffset, 1, isOneBatchOwed: true, Token)).Dispose();

    private ObjectFetcher NewFetcher(
        IObjectStore store, long blockBytesMax = 1 << 20, long requestBytesMax = 1 << 20, int concurrentReadsMax = 64, string diskFolder = "") => new(
        store,
        _pool,
        new ObjectCacheOptions
        {
            BlockBytesMax = blockBytesMax, RequestBytesMax = requestBytesMax, ConcurrentReadsMax = concurrentReadsMax,
            DiskFolder = diskFolder,

            // The clock stands still, and a pace would wait for it.
            BytesPerSecondMax = 0,
        },
        new ObjectCacheMetrics(_counters),
        _time);

    /// <summary>The log's blocks, and more behind them than is read with the index.</summary>
    private async Task<ObjectExtent> PutAsync()
    {
        var next = 0L;
        for (var i = 0; i < BlockCount; i++)
        {
            next = _object.Append(Log, next, 180, 1, 2, 3, 4);
        }

        var count = _object.Batches.Count;
        _object.Append(new LogId(3), 0, 70_000, 1);
        _object.Batches.RemoveRange(count, _object.Batches.Count - count);
        await _memory.PutAsync("o", _object.Complete(), PutMode.CreateNew, Token);
        _index = await new ObjectReader(_memory, _pool).ReadIndexAsync("o", Token);
        return _object.Writer.Extents[0];
    }
}
