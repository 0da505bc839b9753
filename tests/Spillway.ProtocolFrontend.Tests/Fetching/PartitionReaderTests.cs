using Spillway.Kafka.Errors;
using Spillway.Rpc.Metadata;
using Spillway.Testing;
using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Fetching;

/// <summary>
/// What a fetch gives where the volume does not show what the index names (design.md §3, Readers): the bytes that were committed or a
/// retriable error, and never anything else.
/// </summary>
public sealed class PartitionReaderTests : IDisposable
{
    private readonly WalReadContext _context = new();

    public void Dispose() => _context.Dispose();

    [Fact]
    public async Task A_read_of_the_tail_does_not_wait_for_those_who_catch_up()
    {
        using var context = new WalReadContext();
        using var hold = new ManualResetEventSlim();
        var reads = 0;
        context.Files.OnRead = (_, _, bytes) =>
        {
            if (Interlocked.Increment(ref reads) == 1)
            {
                hold.Wait(TimeSpan.FromMinutes(1));
            }

            return bytes.Length;
        };
        var first = context.LoadAsync(isBehind: true);
        await Eventually.TrueAsync(
            () => Volatile.Read(ref reads) == 1, "one reads", TestContext.Current.CancellationToken, TimeSpan.FromMinutes(1));
        var second = context.LoadAsync(isBehind: true);

        await context.LoadAsync(isBehind: false).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

        Assert.Equal(2, reads); // the second of those who catch up waits
        hold.Set();
        await first;
        await second;
        Assert.Equal(3, reads);
    }

    [Fact]
    public async Task What_lies_on_a_volume_is_read_with_its_offsets_in_place()
    {
        var (error, bytes) = await _context.ReadAsync();

        Assert.Equal(ErrorCode.None, error);
        Assert.Equal(_context.Expected, bytes);
        Assert.Equal([false], _context.Index.Barriers);
    }

    [Fact]
    public async Task What_is_in_memory_is_not_served_where_log_compaction_may_have_removed_records()
    {
        using var context = new WalReadContext(cacheBytesMax: 1 << 20);
        await context.ReadAsync();
        Assert.Equal(context.Expected, (await context.ReadAsync()).Bytes);
        Assert.Equal([false], context.Index.Barriers); // the second came from memory

        context.View.Apply(new PartitionTail { LogId = context.View.LogId.Value, CompactedEnd = 1 });
        var (error, bytes) = await context.ReadAsync();

        Assert.Equal((ErrorCode.None, context.Expected.Length), (error, bytes.Length));
        Assert.Equal([false, false], context.Index.Barriers);
    }

    [Fact]
    public async Task A_segment_that_was_drained_meanwhile_is_found_by_asking_the_index_again()
    {
        _context.Files.OnOpenRead = (_, _) =>
        {
            if (_context.Index.Barriers.Count == 1)
            {
                // Between lookup and read.
                _context.Drain();
            }
        };

        var (error, bytes) = await _context.ReadAsync();

        Assert.Equal(ErrorCode.None, error);
        Assert.Equal(_context.Expected, bytes);
        Assert.Equal([false, true], _context.Index.Barriers);
        Assert.Empty(_context.Writer.Asked);
        Assert.Equal(1, _context.Counters["spillway.frontend.index_resolved_again"]);
    }

    [Fact]
    public async Task A_segment_that_a_current_index_names_and_no_view_shows_is_asked_of_its_writer()
    {
        _context.Files.OnOpenRead = (path, _) => throw new FileNotFoundException("scripted", path);
        _context.Writer.Answer = _context.ReadSegment;

        var (error, bytes) = await _context.ReadAsync();

        Assert.Equal(ErrorCode.None, error);
        Assert.Equal(_context.Expected, bytes);
        Assert.Equal([false, true], _context.Index.Barriers);
        Assert.Equal(7, Assert.Single(_context.Writer.Asked).Segment.WriterId);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_nobody_shows_is_a_storage_error_of_that_partition(bool isGone)
    {
        if (isGone)
        {
            _context.Files.OnOpenRead = (path, _) => throw new FileNotFoundException("scripted", path);
        }
        else
        {
            _context.Files.OnRead = (_, _, _) => throw FaultyWalFileSystem.Error(FaultyWalFileSystem.StaleHandle);
        }

        var (error, bytes) = await _context.ReadAsync();

        Assert.Equal(ErrorCode.KafkaStorageError, error);
        Assert.Empty(bytes);
        Assert.Equal([false, true, true], _context.Index.Barriers);
    }

    [Fact]
    public async Task Damage_that_stays_is_a_storage_error_after_one_more_look_at_the_index()
    {
        _context.Files.OnRead = (_, _, bytes) =>
        {
            bytes[^1] ^= 1;
            return bytes.Length;
        };

        var (error, bytes) = await _context.ReadAsync();

        Assert.Equal(ErrorCode.KafkaStorageError, error);
        Assert.Empty(bytes);
        Assert.Equal([false, true], _context.Index.Barriers);
        Assert.Equal(2, _context.Writer.Asked.Count);
        Assert.Equal(0, _context.Pool.RentedBytes);
    }

    [Fact]
    public async Task Intact_batches_that_are_not_the_offsets_of_the_entry_are_not_served()
    {
        _context.Index.Entries[0].LastOffset = 5;
        _context.Entry.LastOffset = 5;

        var (error, bytes) = await _context.ReadAsync();

        Assert.Equal(ErrorCode.KafkaStorageError, error);
        Assert.Empty(bytes);
    }
}
