using Microsoft.Extensions.Logging.Abstractions;
using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Records;
using Spillway.Storage.Caching;
using Spillway.Storage.Caching.Disk;
using Spillway.Storage.Objects.Format;
using Spillway.Testing;
using Xunit;

namespace Spillway.Storage.Tests.Caching.Disk;

/// <summary>The disk gives what was written or nothing, and whatever it does, nobody waits for it long.</summary>
public sealed class DiskTierTests : IDisposable
{
    private const int BlockBytes = 5_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly BufferPool _pool = new(64 << 20);
    private readonly ManualTimeProvider _time = new();
    private readonly ScriptedBlockFile _file = new(10 * BlockBytes);
    private readonly DiskTier _tier;

    public DiskTierTests() =>
        _tier = new DiskTier(_file, 10 * BlockBytes, _pool, ObjectCacheMetrics.Unheard, _time, NullLogger.Instance);

    public void Dispose() => _tier.Dispose();

    [Fact]
    public async Task What_was_kept_comes_back_and_what_was_not_does_not()
    {
        await KeepAsync(1);
        await KeepAsync(2);

        Assert.Equal(Content(1), await ReadAsync(1));
        Assert.Equal(Content(2), await ReadAsync(2));
        Assert.Null(await ReadAsync(3));
        Assert.Equal(2 * BlockBytes, _tier.SizeBytes);
        Assert.Equal(0, _pool.RentedBytes);
    }

    [Fact]
    public async Task What_is_there_is_not_written_again()
    {
        await KeepAsync(1);

        Offer(1);
        await KeepAsync(2);

        Assert.Equal(2, _file.Writes.Count);
    }

    [Fact]
    public async Task A_damaged_block_is_not_given_and_forgotten()
    {
        await KeepAsync(1);
        _file.Damage(17);

        Assert.Null(await ReadAsync(1));
        Assert.False(_tier.Holds(Key(1)));
        Assert.Equal(0, _pool.RentedBytes);
    }

    [Fact]
    public async Task A_disk_that_fails_again_and_again_is_left_alone_for_a_minute()
    {
        for (var number = 1; number <= 4; number++)
        {
            await KeepAsync(number);
        }

        _file.BeforeRead = static () => throw new IOException("made to fail");
        Assert.Null(await ReadAsync(1));
        Assert.Null(await ReadAsync(2));
        Assert.False(_tier.IsResting);
        Assert.Null(await ReadAsync(3));

        Assert.True(_tier.IsResting);
        Assert.Equal(0, _tier.SizeBytes);
        _file.BeforeRead = static () => { };
        _time.Advance(DiskTier.Rest - TimeSpan.FromMilliseconds(1));
        Assert.True(_tier.IsResting);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(_tier.IsResting);
        Assert.False(_tier.Holds(Key(4)));
        await KeepAsync(5);
        Assert.Equal(Content(5), await ReadAsync(5));
    }

    [Fact]
    public async Task A_read_that_went_well_makes_up_for_those_that_failed()
    {
        for (var round = 0; round < DiskTier.FailuresMax; round++)
        {
            await KeepAsync(2 * round);
            await KeepAsync((2 * round) + 1);
            _file.BeforeRead = static () => throw new IOException("made to fail");
            Assert.Null(await ReadAsync(2 * round));
            _file.BeforeRead = static () => { };
            Assert.NotNull(await ReadAsync((2 * round) + 1));
        }

        Assert.False(_tier.IsResting);
    }

    [Fact]
    public async Task A_full_disk_keeps_nothing_and_is_left_alone()
    {
        var written = 0;
        _file.BeforeWrite = () =>
        {
            Interlocked.Increment(ref written);
            throw new IOException("No space left on device");
        };
        for (var number = 0; number < DiskTier.FailuresMax + 2; number++)
        {
            Offer(number);
        }

        await UntilAsync(() => _tier.IsResting && _pool.RentedBytes == 0, "the disk is left alone and nothing waits for it");
        Assert.Equal(DiskTier.FailuresMax, written);
        Assert.Equal(0, _tier.SizeBytes);
    }

    [Fact]
    public async Task A_read_that_hangs_is_waited_for_no_longer_than_the_patience()
    {
        await KeepAsync(1);
        using var standstill = new Standstill();
        _file.BeforeRead = standstill.Wait;

        var reading = ReadAsync(1);
        await UntilAsync(() => _time.PendingTimerCount == 1, "it waits");
        Assert.False(reading.IsCompleted);
        _time.Advance(DiskTier.Patience);

        Assert.Null(await reading.WaitAsync(Patience, TestContext.Current.CancellationToken));
        Assert.NotEqual(0, _pool.RentedBytes); // the disk may still write into it
        standstill.End();
        await UntilAsync(() => _pool.RentedBytes == 0, "what came late is given back");
    }

    [Fact]
    public async Task No_more_reads_hang_than_the_bound()
    {
        await KeepAsync(1);
        using var standstill = new Standstill();
        _file.BeforeRead = standstill.Wait;

        var hanging = Enumerable.Range(0, DiskTier.ReadsMax).Select(_ => ReadAsync(1)).ToList();

        Assert.False(_tier.Holds(Key(1)));
        Assert.Null(await ReadAsync(1));
        standstill.End();
        Assert.All(await Task.WhenAll(hanging), static bytes => Assert.Equal(Content(1), bytes));
        Assert.True(_tier.Holds(Key(1)));
    }

    [Fact]
    public async Task Room_that_was_written_anew_while_it_was_read_gives_nothing()
    {
        await KeepAsync(1);
        using var standstill = new Standstill();
        _file.BeforeRead = standstill.Wait;
        var reading = ReadAsync(1);
        await standstill.IsReachedAsync();

        for (var number = 2; number <= 11; number++)
        {
            await KeepAsync(number);
        }

        Assert.Equal(0, _file.Writes.Last().Position);
        standstill.End();
        Assert.Null(await reading);
        Assert.False(_tier.IsResting);
        Assert.Equal(0, _pool.RentedBytes);
    }

    [Fact]
    public async Task What_waits_to_be_written_is_bounded()
    {
        const int large = 1 << 20;
        using var standstill = new Standstill();
        using var file = new ScriptedBlockFile(4 * large) { BeforeWrite = standstill.Wait };
        using var tier = new DiskTier(file, 4 * large, _pool, ObjectCacheMetrics.Unheard, _time, NullLogger.Instance);
        using var bytes = _pool.Rent(large);
        tier.Offer(Key(0), bytes);
        await standstill.IsReachedAsync();
        for (var number = 1; number < 50; number++)
        {
            tier.Offer(Key(number), bytes);
        }

        var another = _pool.Rent(BlockBytes);
        tier.Offer(Key(100), another);
        another.Release();

        Assert.Equal(BufferPool.CapacityFor(large), _pool.RentedBytes); // it had no room: nobody holds it any more
        standstill.End();
        await UntilAsync(() => file.Writes.Count == 33, "the one that was being written and 32 MiB are");
    }

    [Fact]
    public async Task It_closes_the_file_once_nobody_uses_it()
    {
        await KeepAsync(1);
        using var standstill = new Standstill();
        _file.BeforeRead = standstill.Wait;
        var reading = ReadAsync(1);
        await standstill.IsReachedAsync();

        _tier.Dispose();

        Assert.False(_file.IsClosed);
        Assert.False(_tier.Holds(Key(1)));
        standstill.End();
        Assert.Null(await reading);
        await UntilAsync(() => _file.IsClosed && _pool.RentedBytes == 0, "all is given back");
    }

    [Theory]
    [InlineData(7)]
    [InlineData(0)]
    public async Task Whoever_reads_and_whatever_makes_room_bytes_are_those_of_the_block(int fixedSeed)
    {
        var seed = fixedSeed == 0 ? Environment.TickCount : fixedSeed;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var found = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
        {
            var random = new Random(seed + worker);
            while (Volatile.Read(ref found) < 500)
            {
                var number = random.Next(30);
                if (await ReadAsync(number) is { } bytes)
                {
                    Assert.Equal(Content(number), bytes);
                    Interlocked.Increment(ref found);
                }
                else
                {
                    Offer(number);
                }
            }
        }))).WaitAsync(Patience, TestContext.Current.CancellationToken);

        await UntilAsync(() => _pool.RentedBytes == 0, "all is given back");
        Assert.InRange(_tier.SizeBytes, 1, 10 * BlockBytes);
    }

    private static BlockKey Key(int number) => new("o", number, new LogId(1));

    /// <summary>Blocks of several sizes, each with bytes of its own.</summary>
    private static byte[] Content(int number)
    {
        var bytes = new byte[number % 2 == 0 && number >= 12 ? BlockBytes / 3 : BlockBytes];
        new Random(number).NextBytes(bytes);
        return bytes;
    }

    private static Task UntilAsync(Func<bool> condition, string what) =>
        Eventually.TrueAsync(condition, what, TestContext.Current.CancellationToken);

    private void Offer(int number)
    {
        var content = Content(number);
        using var bytes = _pool.Rent(content.Length);
        content.CopyTo(bytes.Memory);
        _tier.Offer(Key(number), bytes);
    }

    private async Task KeepAsync(int number)
    {
        Offer(number);
        await UntilAsync(() => _tier.Holds(Key(number)), "it is on the disk");
    }

    private async Task<byte[]?> ReadAsync(int number)
    {
        var content = Content(number);
        var block = new DataBlockEntry(new LogId(1), 0, 0, number, content.Length, 1, 0, Crc32C.Compute(content));
        using var bytes = await _tier.TryReadAsync(Key(number), block);
        return bytes?.Span.ToArray();
    }

    /// <summary>A call of the disk that does not return until the test says so.</summary>
    private sealed class Standstill : IDisposable
    {
        private readonly ManualResetEventSlim _begun = new();
        private readonly ManualResetEventSlim _ended = new();

        public void Wait()
        {
            _begun.Set();
            _ended.Wait(Patience);
        }

        public Task IsReachedAsync() => UntilAsync(() => _begun.IsSet, "the call is under way");

        public void End() => _ended.Set();

        public void Dispose()
        {
            _begun.Dispose();
            _ended.Dispose();
        }
    }
}
