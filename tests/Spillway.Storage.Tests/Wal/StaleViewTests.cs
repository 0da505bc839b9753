using Spillway.Storage.Wal;
using Spillway.Storage.Wal.Reading;
using Spillway.Testing;
using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.Storage.Tests.Wal;

/// <summary>
/// The rules for a view of a volume that is behind (design.md §3, Readers). Goal: whatever a mount shows, a reader gives the bytes that
/// were committed or none. Method: one block on a scripted file system whose first views lie in one way each.
/// </summary>
public sealed class StaleViewTests : IDisposable
{
    private readonly WalTestContext _context = new();
    private readonly WalSegmentAppender _segment;
    private readonly WalBlock _block;
    private readonly List<bool> _openedFresh = [];

    public StaleViewTests()
    {
        _segment = _context.CreateSegment();
        _block = _context.CreateBlock((1, 5000));
        WalTestContext.Append(_segment, _block, 1);
        Committed = Read();
        _context.Files.OnOpenRead = (_, fresh) => _openedFresh.Add(fresh);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private byte[] Committed { get; }

    private long Position => _block.Header.PayloadPosition;

    public void Dispose()
    {
        _segment.Dispose();
        _context.Dispose();
    }

    [Fact]
    public async Task A_file_that_seems_to_end_too_early_is_read_from_a_fresh_view()
    {
        var lies = 1;
        _context.Files.OnRead = (_, _, bytes) => lies-- > 0 ? 1000 : bytes.Length;

        Assert.Equal(Committed, await _context.ReadAsync(Position, Committed.Length, isConfirmed: false));

        Assert.Equal([false, true], _openedFresh);
        Assert.Equal(1, _context.CountFailures("open_file", "short"));
        Assert.Equal(1, _context.CountReads("fresh_view"));
    }

    [Fact]
    public async Task A_page_that_was_cached_before_the_writer_filled_it_is_read_from_a_fresh_view()
    {
        var lies = 2;
        _context.Files.OnRead = (_, _, bytes) =>
        {
            if (lies-- > 0)
            {
                bytes[4096..].Clear();
            }

            return bytes.Length;
        };

        Assert.Equal(Committed, await _context.ReadAsync(Position, Committed.Length, isConfirmed: false));

        Assert.Equal([false, true, true], _openedFresh);
        Assert.Equal(1, _context.CountFailures("open_file", "corrupt"));
        Assert.Equal(1, _context.CountFailures("fresh_view", "corrupt"));
        // The way past the page cache is for one range; what follows is read through an open file again.
        Assert.Equal(0, _context.Reader.OpenFileCount);
        await _context.ReadAsync(Position, Committed.Length);
        Assert.Equal([false, true, true, false], _openedFresh);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_that_is_not_there_is_for_the_index_to_explain_first(bool isGone)
    {
        if (isGone)
        {
            _context.Files.OnOpenRead = (path, _) => throw new FileNotFoundException("no", path);
        }
        else
        {
            _context.Files.OnRead = (_, _, _) => throw FaultyWalFileSystem.Error(FaultyWalFileSystem.StaleHandle);
        }

        _context.Writer.Answer = (_, _, _) => Committed;
        var expected = isGone ? WalReadFailure.Missing : WalReadFailure.StaleHandle;

        var failure = await Assert.ThrowsAsync<WalReadException>(
            () => _context.ReadAsync(Position, Committed.Length, isConfirmed: false));

        Assert.Equal(expected, failure.Failure);
        Assert.True(failure.MayHaveMoved);
        Assert.Empty(_context.Writer.Asked);
        Assert.Equal(0, _context.CountFailures("fresh_view", isGone ? "missing" : "stale_handle"));
        // A handle that went stale is not kept for the next one.
        Assert.Equal(0, _context.Reader.OpenFileCount);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_that_a_current_index_names_is_looked_for_again(bool isGone)
    {
        var lies = 2;
        if (isGone)
        {
            _context.Files.OnOpenRead = (path, _) =>
            {
                if (lies-- > 0)
                {
                    throw new FileNotFoundException("no", path);
                }
            };
        }
        else
        {
            _context.Files.OnRead = (_, _, bytes) =>
                lies-- > 0 ? throw FaultyWalFileSystem.Error(FaultyWalFileSystem.StaleHandle) : bytes.Length;
        }

        Assert.Equal(Committed, await _context.ReadAsync(Position, Committed.Length, isConfirmed: true));

        Assert.Equal(1, _context.CountFailures("open_file", isGone ? "missing" : "stale_handle"));
        Assert.Equal(1, _context.CountFailures("fresh_view", isGone ? "missing" : "stale_handle"));
        Assert.Equal(1, _context.CountReads("fresh_view"));
    }

    [Fact]
    public async Task What_no_view_shows_is_asked_of_the_writer()
    {
        Damage();
        _context.Writer.Answer = (_, _, _) => Committed;

        Assert.Equal(Committed, await _context.ReadAsync(Position, Committed.Length));

        Assert.Equal([(WalTestContext.Segment, Position, Committed.Length)], _context.Writer.Asked);
        Assert.Equal(2, _context.CountFailures("fresh_view", "corrupt"));
        Assert.Equal(1, _context.CountReads("writer"));
    }

    [Fact]
    public async Task Bytes_that_stay_wrong_are_never_served_whoever_gives_them()
    {
        Damage();
        var damaged = (byte[])Committed.Clone();
        damaged[100] ^= 1;
        _context.Writer.Answer = (_, _, _) => damaged;

        Assert.Equal(WalReadFailure.Corrupt, await _context.FailAsync(Position, Committed.Length));

        Assert.Equal(1, _context.CountFailures("writer", "corrupt"));
        Assert.Equal(1, _context.Counters["spillway.wal.read.unreadable", "test", "corrupt"]);
        Assert.Equal(0, _context.Buffers.RentedBytes);
    }

    [Fact]
    public async Task An_answer_of_another_length_than_asked_is_not_served()
    {
        Damage();
        _context.Writer.Answer = (_, _, _) => [.. Committed, .. Committed];

        Assert.Equal(WalReadFailure.Corrupt, await _context.FailAsync(Position, Committed.Length));

        Assert.Equal(1, _context.CountFailures("writer", "corrupt"));
    }

    [Fact]
    public async Task An_error_of_the_volume_is_tried_past_and_then_reported()
    {
        _context.Files.OnRead = (_, _, _) => throw FaultyWalFileSystem.Error(FaultyWalFileSystem.InputOutputError);

        Assert.Equal(WalReadFailure.Failed, await _context.FailAsync(Position, Committed.Length, isConfirmed: false));

        Assert.Equal([false, true, true], _openedFresh);
        Assert.Equal(1, _context.CountFailures("writer", "no_answer"));
    }

    [Fact]
    public async Task A_volume_that_hangs_is_left_alone_and_its_buffer_with_it()
    {
        var time = new ManualTimeProvider();
        using var context = new WalTestContext(settings: WalTestContext.Impatient, time: time);
        using var segment = context.CreateSegment();
        WalTestContext.Append(segment, context.CreateBlock((1, 5000)), 1);
        using var hangs = new ManualResetEventSlim();
        var readCount = 0;
        context.Files.OnRead = (_, _, bytes) =>
        {
            Interlocked.Increment(ref readCount);
            hangs.Wait();
            // The kernel writes into the buffer when the volume is back, whoever has gone by then.
            bytes.Fill(0xEE);
            return bytes.Length;
        };
        context.Writer.Answer = (_, _, _) => Committed;

        var reading = context.ReadAsync(Position, Committed.Length);
        await Eventually.TrueAsync(() => readCount == 1, "the volume was asked", Token);
        time.Advance(WalTestContext.Impatient.Timeout);

        var read = await reading.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(Committed, read);
        Assert.Equal(1, context.CountFailures("open_file", "timed_out"));
        Assert.Equal(0, context.CountFailures("fresh_view", "timed_out"));
        Assert.NotEqual(0, context.Buffers.RentedBytes);

        // While it hangs, nobody else waits as long.
        var second = context.ReadAsync(Position, Committed.Length);
        await Eventually.TrueAsync(() => readCount == 2, "the volume was asked again", Token);
        time.Advance(TimeSpan.FromMilliseconds(250));
        Assert.Equal(Committed, await second.WaitAsync(TimeSpan.FromMinutes(1)));

        hangs.Set();
        await Eventually.TrueAsync(() => context.Buffers.RentedBytes == 0, "the pending calls gave their buffers back", Token);
        Assert.Equal(Committed, read);
    }

    [Fact]
    public async Task A_writer_that_does_not_answer_is_not_waited_for()
    {
        var time = new ManualTimeProvider();
        using var context = new WalTestContext(settings: WalTestContext.Impatient, time: time);
        context.Writer.Hangs = true;

        var reading = context.FailAsync(Position, 100);
        await Eventually.TrueAsync(() => context.Writer.Asked.Count == 1, "the writer was asked", Token);
        time.Advance(WalTestContext.Impatient.WriterTimeout);

        Assert.Equal(WalReadFailure.Missing, await reading.WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.Equal(1, context.CountFailures("writer", "timed_out"));
    }

    [Fact]
    public async Task Fresh_views_are_given_time()
    {
        var time = new ManualTimeProvider();
        var settings = WalTestContext.Impatient with { FreshViewDelays = [TimeSpan.Zero, TimeSpan.FromMilliseconds(20)] };
        using var context = new WalTestContext(settings: settings, time: time);
        var openCount = 0;
        context.Files.OnOpenRead = (path, _) =>
        {
            openCount++;
            throw new FileNotFoundException("no", path);
        };

        var reading = context.FailAsync(Position, 100);
        await Eventually.TrueAsync(() => openCount == 2, "a fresh view was opened", Token);
        var waited = TimeSpan.Zero;
        await Eventually.TrueAsync(
            () =>
            {
                // The clock goes on only while there is somebody who waits for it.
                time.Advance(TimeSpan.FromMilliseconds(1));
                waited += TimeSpan.FromMilliseconds(1);
                return reading.IsCompleted;
            },
            "the wait has an end",
            Token);

        Assert.Equal(WalReadFailure.Missing, await reading);
        Assert.True(waited >= TimeSpan.FromMilliseconds(20), $"the second fresh view came after {waited}");
        Assert.Equal(3, openCount);
    }

    private void Damage() => _context.Files.OnRead = (_, _, bytes) =>
    {
        bytes[^1] ^= 1;
        return bytes.Length;
    };

    private byte[] Read()
    {
        using var file = _context.Memory.OpenRead(_context.FullPath, dropCachedPages: false);
        var bytes = new byte[_block.PayloadBytes];
        file.Read(bytes, Position);
        return bytes;
    }
}
