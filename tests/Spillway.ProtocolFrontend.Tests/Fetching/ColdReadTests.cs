using System.Buffers;
using Spillway.Kafka.Errors;
using Spillway.Storage.Caching;
using Spillway.Testing;
using Spillway.Testing.Objects;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Fetching;

/// <summary>
/// Reads of what lies in many small objects: a fetch's byte budget is filled over many index entries, with their reads side by side, in
/// order, and whoever goes through them in order is read ahead of.
/// </summary>
public sealed class ColdReadTests : IDisposable
{
    private readonly ColdReadContext _context = new();
    private readonly TaskCompletionSource _gate = new();
    private int _waiting;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _context.Dispose();

    [Fact]
    public async Task One_fetch_fills_its_budget_over_many_entries_in_order()
    {
        await _context.AddObjectsAsync(1, 300, 2000);

        var partition = Assert.Single(await _context.FetchAsync(1 << 20, 1 << 20, Token, (1, 0)));

        Assert.Equal(_context.Expected(1), partition.Records!.Value.ToArray());
        Assert.Single(_context.Index.Asked);
    }

    [Fact]
    public async Task No_more_entries_are_looked_up_than_the_budget_has_bytes_for()
    {
        await _context.AddObjectsAsync(1, 300, 2000);

        var partition = Assert.Single(await _context.FetchAsync(50_000, 1 << 20, Token, (1, 0)));

        Assert.Equal(_context.Expected(1, count: 24), partition.Records!.Value.ToArray());
        Assert.True(_context.Requests <= 26, $"{_context.Requests} requests for 24 batches");
        Assert.Equal(50_000, _context.Index.Asked[0].BytesMax);
    }

    [Fact]
    public async Task Entries_are_read_side_by_side_within_a_bound()
    {
        await _context.AddObjectsAsync(1, 100, 2000);
        HoldRequests();
        var fetch = _context.FetchAsync(1 << 20, 1 << 20, Token, (1, 0));

        await Eventually.TrueAsync(() => Volatile.Read(ref _waiting) == 16, "sixteen reads are under way", Token);
        Assert.False(fetch.IsCompleted);
        _gate.SetResult();

        Assert.Equal(_context.Expected(1), Assert.Single(await fetch).Records!.Value.ToArray());
    }

    [Fact]
    public async Task Partitions_are_read_side_by_side_and_answered_in_the_clients_order()
    {
        for (var log = 1; log <= 12; log++)
        {
            await _context.AddObjectsAsync(log, 1, 2000);
        }

        HoldRequests();
        var asked = Enumerable.Range(1, 12).Select(static log => ((long)log, 0L)).Reverse().ToArray();
        var fetch = _context.FetchAsync(12 << 20, 1 << 20, Token, asked);

        await Eventually.TrueAsync(() => Volatile.Read(ref _waiting) == 12, "a read of each partition is under way", Token);
        _gate.SetResult();

        Assert.Equal(
            asked.Select(partition => Convert.ToHexString(_context.Expected(partition.Item1))),
            (await fetch).Select(static partition => Convert.ToHexString(partition.Records!.Value.ToArray())));
    }

    [Fact]
    public async Task The_first_partition_that_has_anything_gets_a_batch_whatever_its_size_and_no_other()
    {
        await _context.AddObjectsAsync(1, 2, 5000);
        await _context.AddObjectsAsync(2, 2, 5000);

        var partitions = await _context.FetchAsync(1000, 1000, Token, (1, 4), (2, 0), (1, 0));

        Assert.Equal(0, partitions[0].Records!.Value.Length);
        Assert.Equal(_context.Expected(2, count: 1), partitions[1].Records!.Value.ToArray());
        Assert.Equal(0, partitions[2].Records!.Value.Length);
    }

    [Fact]
    public async Task Partitions_take_from_one_budget_in_the_clients_order()
    {
        await _context.AddObjectsAsync(1, 10, 1000);
        await _context.AddObjectsAsync(2, 10, 1000);

        var partitions = await _context.FetchAsync(8000, 6000, Token, (2, 0), (1, 0));

        Assert.Equal(_context.Expected(2, count: 5), partitions[0].Records!.Value.ToArray());
        Assert.Equal(_context.Expected(1, count: 2), partitions[1].Records!.Value.ToArray());
    }

    [Fact]
    public async Task What_comes_before_a_read_that_fails_is_served()
    {
        await _context.AddObjectsAsync(1, 40, 2000);
        _context.Store.Decide = static (_, key) => key == "o/8" ? ObjectFault.NotDone : ObjectFault.None;

        var first = Assert.Single(await _context.FetchAsync(1 << 20, 1 << 20, Token, (1, 0)));
        var then = Assert.Single(await _context.FetchAsync(1 << 20, 1 << 20, Token, (1, 14)));

        Assert.Equal(_context.Expected(1, count: 7), first.Records!.Value.ToArray());
        Assert.Equal((short)ErrorCode.None, first.ErrorCode);
        Assert.Equal((short)ErrorCode.KafkaStorageError, then.ErrorCode);
    }

    [Fact]
    public async Task One_partitions_failure_is_not_the_others()
    {
        await _context.AddObjectsAsync(1, 1, 2000);
        await _context.AddObjectsAsync(2, 1, 2000);
        _context.Store.Decide = static (_, key) => key == "o/1" ? ObjectFault.NotDone : ObjectFault.None;

        var partitions = await _context.FetchAsync(1 << 20, 1 << 20, Token, (1, 0), (2, 0));

        Assert.Equal((short)ErrorCode.KafkaStorageError, partitions[0].ErrorCode);
        Assert.Equal(_context.Expected(2), partitions[1].Records!.Value.ToArray());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_object_that_is_damaged_or_gone_fails_its_partition_alone(bool isGone)
    {
        for (var log = 1; log <= 3; log++)
        {
            await _context.AddObjectsAsync(log, 1, 2000);
        }

        var bytes = _context.Objects.Get("o/2");
        bytes[1000] ^= 1;
        _context.Objects.Set("o/2", bytes);
        if (isGone)
        {
            await _context.Objects.DeleteAsync(["o/2"], Token);
        }

        var partitions = await _context.FetchAsync(1 << 20, 1 << 20, Token, (1, 0), (2, 0), (3, 0));
        var again = await _context.FetchAsync(1 << 20, 1 << 20, Token, (2, 0), (3, 0));

        Assert.Equal(
            [ErrorCode.None, ErrorCode.KafkaStorageError, ErrorCode.None, ErrorCode.KafkaStorageError, ErrorCode.None],
            partitions.Concat(again).Select(static partition => (ErrorCode)partition.ErrorCode));
        Assert.Equal(_context.Expected(1), partitions[0].Records!.Value.ToArray());
        Assert.Equal(0, partitions[1].Records!.Value.Length);
        Assert.Equal(_context.Expected(3), partitions[2].Records!.Value.ToArray());
        Assert.Equal(_context.Expected(3), again[1].Records!.Value.ToArray());
        Assert.Contains(_context.Index.Asked, static request => request is { LogId: 2, Barrier: true });
    }

    [Fact]
    public async Task A_reader_that_goes_on_where_it_left_off_is_read_ahead_of_and_one_that_jumps_is_not()
    {
        await _context.AddObjectsAsync(1, 400, 4000);
        var jumps = 0;
        for (var offset = 700L; offset > 0; offset -= 100)
        {
            await _context.FetchAsync(20_000, 20_000, Token, (1, offset));
            jumps++;
        }

        Assert.True(_context.Requests <= jumps * 6, $"{_context.Requests} requests for {jumps} fetches of four batches");

        // What comes next is there when it is asked for.
        var next = await FetchOnAsync(0);
        var ahead = _context.Requests;
        next = await FetchOnAsync(next);
        await Eventually.TrueAsync(() => _context.Requests > ahead + 20, "much is read ahead", Token);

        // All of it, not only most: what has not begun now would be held for ever.
        var (seen, looks) = (0, 0);
        await Eventually.TrueAsync(IsQuiet, "nothing is under way", Token);
        HoldRequests();
        await FetchOnAsync(next).WaitAsync(TimeSpan.FromMinutes(1), Token);

        bool IsQuiet()
        {
            looks = _context.Requests == seen ? looks + 1 : 0;
            seen = _context.Requests;
            return looks > 50;
        }
    }

    [Fact]
    public async Task Without_a_place_for_it_nothing_is_read_ahead()
    {
        using var context = new ColdReadContext(new ObjectCacheOptions { ReadAheadBytesMax = 0 });
        await context.AddObjectsAsync(1, 100, 4000);

        for (var offset = 0L; offset < 80; offset += 8)
        {
            await context.FetchAsync(17_000, 17_000, Token, (1, offset));
        }

        Assert.True(context.Requests <= 50, $"{context.Requests} requests for 40 batches");
    }

    [Fact]
    public async Task A_fetch_that_is_given_up_gives_its_memory_back()
    {
        using var context = new ColdReadContext(new ObjectCacheOptions { BlockBytesMax = 1 });
        await context.AddObjectsAsync(1, 100, 2000);
        await context.AddObjectsAsync(2, 100, 2000);
        using var cancel = new CancellationTokenSource();
        var before = 0;
        context.Store.BeforeRequest = (_, _) => Interlocked.Increment(ref before) > 40 ? _gate.Task : Task.CompletedTask;
        var fetch = context.FetchAsync(1 << 20, 1 << 20, cancel.Token, (1, 0), (2, 0));
        await Eventually.TrueAsync(() => Volatile.Read(ref before) > 40, "reads are held", Token);

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fetch);
        _gate.SetResult();

        // The newest block stays in the cache.
        await Eventually.TrueAsync(() => context.Pool.RentedBytes <= 4096, "the pool has its buffers back", Token);
    }

    private async Task<long> FetchOnAsync(long offset)
    {
        var partition = Assert.Single(await _context.FetchAsync(20_000, 20_000, Token, (1, offset)));
        Assert.True(partition.Records!.Value.Length > 0);
        Assert.True(Spillway.Kafka.Records.RecordBatchHeader.TryRead(partition.Records!.Value.ToArray(), out var first));
        Assert.Equal(offset, first.BaseOffset);
        return offset + (partition.Records!.Value.Length / (4000 + 61) * 2);
    }

    private void HoldRequests() => _context.Store.BeforeRequest = async (_, _) =>
    {
        Interlocked.Increment(ref _waiting);
        await _gate.Task;
        Interlocked.Decrement(ref _waiting);
    };
}
