using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Storage.Caching;
using Spillway.Storage.Objects;
using Spillway.Storage.Objects.Format;
using Spillway.Storage.Tests.Objects.Format;
using Spillway.Testing;
using Spillway.Testing.Objects;
using Xunit;

namespace Spillway.Storage.Tests.Caching;

public sealed class ObjectFetcherTests : IDisposable
{
    private static readonly LogId LogA = new(1);
    private static readonly LogId LogB = new(2);
    private readonly InMemoryObjectStore _memory = new();
    private readonly FaultyObjectStore _store;
    private readonly BufferPool _pool = new(1 << 20);
    private readonly ObjectBuilder _object = new(new Random(1), 1000);
    private ObjectFetcher _fetcher;

    public ObjectFetcherTests()
    {
        _store = new FaultyObjectStore(_memory);
        _fetcher = NewFetcher();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_read_from_any_offset_begins_with_the_batch_that_holds_it()
    {
        var extent = await PutManyAsync();
        foreach (var batch in _object.Batches.Where(b => b.LogId == LogA))
        {
            for (var offset = batch.BaseOffset; offset <= batch.LastOffset; offset++)
            {
                using var fetched = await _fetcher.ReadAsync("o", extent, offset, 1, isOneBatchOwed: true, Token);

                Assert.Equal(batch.Bytes, Join(fetched));
                Assert.Equal(batch.LastOffset + 1, fetched.NextOffset);
            }
        }
    }

    [Fact]
    public async Task A_large_read_gives_all_batches_in_order()
    {
        var extent = await PutManyAsync();

        using var fetched = await _fetcher.ReadAsync("o", extent, extent.BaseOffset, int.MaxValue, isOneBatchOwed: true, Token);

        Assert.Equal(_object.Batches.Where(b => b.LogId == LogA).SelectMany(b => b.Bytes), Join(fetched));
        Assert.Equal(extent.LastOffset + 1, fetched.NextOffset);
    }

    [Fact]
    public async Task A_read_takes_only_whole_batches_that_fit()
    {
        var extent = await PutManyAsync();
        var batchBytes = _object.Batches[0].Bytes.Length;

        using var two = await _fetcher.ReadAsync("o", extent, 0, (3 * batchBytes) - 1, isOneBatchOwed: true, Token);
        using var none = await _fetcher.ReadAsync("o", extent, 0, batchBytes - 1, isOneBatchOwed: false, Token);
        using var one = await _fetcher.ReadAsync("o", extent, 0, batchBytes - 1, isOneBatchOwed: true, Token);

        Assert.Equal(2 * batchBytes, two.LengthBytes);
        Assert.Equal(0, none.LengthBytes);
        Assert.Equal(0, none.NextOffset);
        Assert.Equal(batchBytes, one.LengthBytes);
    }

    [Fact]
    public async Task A_read_does_not_leave_the_extent_that_the_index_names()
    {
        // The object holds more of the log than the commit accepted.
        _object.Append(LogA, 0, 100, 5, 5);
        _object.Append(LogA, 100, 100, 5, 5);
        await _memory.PutAsync("o", _object.Complete(), PutMode.CreateNew, Token);

        using var fetched = await _fetcher.ReadAsync(
            "o", _object.Writer.Extents[0], 0, int.MaxValue, isOneBatchOwed: true, Token);

        Assert.Equal(10, fetched.NextOffset);
        await Assert.ThrowsAsync<ObjectCorruptException>(() => _fetcher.ReadAsync(
            "o", _object.Writer.Extents[0] with { LastOffset = 104 }, 100, 1000, isOneBatchOwed: true, Token));
    }

    [Fact]
    public async Task Many_reads_of_one_block_ask_the_store_once()
    {
        var extent = await PutLargeAsync();

        var reads = await Task.WhenAll(Enumerable.Range(0, 50).Select(
            _ => Task.Run(() => _fetcher.ReadAsync("o", extent, 0, 1, isOneBatchOwed: true, Token))));

        Assert.All(reads, r => Assert.Equal(_object.Batches[0].Bytes, Join(r)));
        Assert.Equal(2, _memory.CountRequests(ObjectRequestKind.Get)); // the index and one block
        foreach (var read in reads)
        {
            read.Dispose();
        }
    }

    [Fact]
    public async Task A_fetch_alone_reads_nothing_ahead()
    {
        var extent = await PutLargeAsync();

        (await _fetcher.ReadAsync("o", extent, 0, 1, isOneBatchOwed: true, Token)).Dispose();

        Assert.Equal(2, _memory.CountRequests(ObjectRequestKind.Get)); // the index and one block
    }

    [Fact]
    public async Task What_was_read_ahead_is_there()
    {
        var extent = await PutLargeAsync();
        await _fetcher.ReadAheadAsync("o", extent, 0, 2000);
        await WaitForAsync(() => _memory.CountRequests(ObjectRequestKind.Get) == 2); // the index, and three blocks of 900 bytes together
        var fourth = (await new ObjectReader(_memory, _pool).ReadIndexAsync("o", Token)).Entries[3];
        var before = _memory.CountRequests(ObjectRequestKind.Get);
        _store.FailNext(ObjectRequestKind.Get); // of a request there must not be

        using var fetched = await _fetcher.ReadAsync("o", extent, 0, 2000, isOneBatchOwed: true, Token);

        Assert.True(fetched.LengthBytes > 1000);
        Assert.True(fetched.NextOffset <= fourth.BaseOffset);
        Assert.Equal(before, _memory.CountRequests(ObjectRequestKind.Get));
    }

    [Fact]
    public async Task A_read_ahead_that_fails_is_told_to_nobody_and_not_remembered()
    {
        var extent = await PutManyAsync();
        _store.FailNext(ObjectRequestKind.Get);

        await _fetcher.ReadAheadAsync("o", extent, 0, 2000);

        using var fetched = await _fetcher.ReadAsync("o", extent, 0, 1, isOneBatchOwed: true, Token);
        Assert.True(fetched.LengthBytes > 0);
    }

    [Fact]
    public async Task Reads_ahead_take_at_most_half_of_the_requests()
    {
        var extent = await PutLargeAsync();
        _fetcher.Dispose();
        _fetcher = NewFetcher(concurrentReadsMax: 4, requestBytesMax: 1);
        await _fetcher.ReadAheadAsync("o", extent, 0, 1);
        await WaitForAsync(() => _memory.CountRequests(ObjectRequestKind.Get) == 2);
        var gate = new TaskCompletionSource();
        var waiting = 0;
        _store.BeforeRequest = (_, _) =>
        {
            Interlocked.Increment(ref waiting);
            return gate.Task;
        };

        await _fetcher.ReadAheadAsync("o", extent, 0, int.MaxValue);
        await WaitForAsync(() => Volatile.Read(ref waiting) == 2);
        var other = _fetcher.ReadAsync("o", _object.Writer.Extents[1], 0, 1, isOneBatchOwed: true, Token);
        await WaitForAsync(() => Volatile.Read(ref waiting) == 3);
        gate.SetResult();
        (await other).Dispose();
    }

    [Fact]
    public async Task An_object_that_fits_into_the_tail_is_read_by_one_request_for_all_its_logs()
    {
        var extent = await PutManyAsync();

        using var a = await _fetcher.ReadAsync("o", extent, 0, int.MaxValue, isOneBatchOwed: true, Token);
        using var b = await _fetcher.ReadAsync("o", _object.Writer.Extents[1], 0, int.MaxValue, isOneBatchOwed: true, Token);

        Assert.Equal(_object.Batches.Where(x => x.LogId == LogA).SelectMany(x => x.Bytes), Join(a));
        Assert.Equal(_object.Batches.Where(x => x.LogId == LogB).SelectMany(x => x.Bytes), Join(b));
        Assert.Equal(1, _memory.CountRequests(ObjectRequestKind.Get));
    }

    [Fact]
    public async Task A_block_pushed_out_of_the_cache_stays_readable_for_who_holds_it()
    {
        var extent = await PutManyAsync();
        _fetcher.Dispose();
        _fetcher = NewFetcher(blockBytesMax: 1 << 13);
        using var held = await _fetcher.ReadAsync("o", extent, 0, 1, isOneBatchOwed: true, Token);

        (await _fetcher.ReadAsync("o", extent, 0, int.MaxValue, isOneBatchOwed: true, Token)).Dispose();

        Assert.Equal(_object.Batches[0].Bytes, Join(held));
        Assert.True(_fetcher.CachedBytes < 1 << 15);
    }

    [Fact]
    public async Task Memory_comes_back_once_the_cache_has_dropped_it_and_nobody_holds_it()
    {
        var extent = await PutManyAsync();
        _object.Dispose();
        _fetcher.Dispose();
        _fetcher = NewFetcher(blockBytesMax: 1 << 13);

        for (var i = 0; i < 10; i++)
        {
            (await _fetcher.ReadAsync("o", extent, 0, int.MaxValue, isOneBatchOwed: true, Token)).Dispose();
        }

        await WaitForAsync(() => _pool.RentedBytes <= 1 << 13);
    }

    [Fact]
    public async Task A_failure_is_not_remembered()
    {
        var extent = await PutManyAsync();
        _store.FailNext(ObjectRequestKind.Get);
        await Assert.ThrowsAsync<ObjectStoreUnavailableException>(
            () => _fetcher.ReadAsync("o", extent, 0, 1, isOneBatchOwed: true, Token));

        using var fetched = await _fetcher.ReadAsync("o", extent, 0, 1, isOneBatchOwed: true, Token);

        Assert.True(fetched.LengthBytes > 0);
    }

    [Fact]
    public async Task What_was_read_before_a_damaged_block_is_served_and_then_the_damage_told()
    {
        var extent = await PutManyAsync();
        var index = await new ObjectReader(_memory, _pool).ReadIndexAsync("o", Token);
        var third = index.Entries[2];
        var bytes = _memory.Get("o");
        bytes[third.Position + 80] ^= 1;
        _memory.Set("o", bytes);

        using var fetched = await _fetcher.ReadAsync("o", extent, 0, int.MaxValue, isOneBatchOwed: true, Token);

        Assert.Equal(third.BaseOffset, fetched.NextOffset);
        await Assert.ThrowsAsync<ObjectCorruptException>(
            () => _fetcher.ReadAsync("o", extent, fetched.NextOffset, int.MaxValue, isOneBatchOwed: true, Token));
    }

    [Fact]
    public async Task A_caller_that_gives_up_does_not_end_the_read_of_the_others()
    {
        var extent = await PutManyAsync();
        var gate = new TaskCompletionSource();
        _store.BeforeRequest = (_, _) => gate.Task;
        using var cancel = new CancellationTokenSource();
        var impatient = _fetcher.ReadAsync("o", extent, 0, 1, isOneBatchOwed: true, cancel.Token);
        var patient = _fetcher.ReadAsync("o", extent, 0, 1, isOneBatchOwed: true, Token);

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        gate.SetResult();

        using var fetched = await patient;
        Assert.True(fetched.LengthBytes > 0);
    }

    public void Dispose()
    {
        _fetcher.Dispose();
        _object.Dispose();
    }

    private static byte[] Join(FetchedBatches fetched) => [.. fetched.Pieces.SelectMany(p => p.ToArray())];

    private static Task WaitForAsync(Func<bool> condition) => Eventually.TrueAsync(condition, "what the test waits for", Token);

    private ObjectFetcher NewFetcher(long blockBytesMax = 1 << 20, int concurrentReadsMax = 64, long requestBytesMax = 1 << 20) => new(
        _store,
        _pool,
        new ObjectCacheOptions
        {
            BlockBytesMax = blockBytesMax, ConcurrentReadsMax = concurrentReadsMax, RequestBytesMax = requestBytesMax,
        });

    /// <summary>The same with more behind it than is read with the index.</summary>
    private Task<ObjectExtent> PutLargeAsync() => PutManyAsync(fillerBytes: 70_000);

    /// <summary>Ten data blocks of four batches for one log, and some of another.</summary>
    private async Task<ObjectExtent> PutManyAsync(int fillerBytes = 0)
    {
        var next = 0L;
        for (var i = 0; i < 10; i++)
        {
            next = _object.Append(LogA, next, 180, 1, 2, 3, 4);
        }

        _object.Append(LogB, 0, 180, 1);
        if (fillerBytes > 0)
        {
            _object.Append(new LogId(3), 0, fillerBytes, 1);
        }

        await _memory.PutAsync("o", _object.Complete(), PutMode.CreateNew, Token);
        return _object.Writer.Extents[0];
    }
}
