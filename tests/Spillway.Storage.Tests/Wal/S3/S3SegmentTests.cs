using Spillway.Kafka;
using Spillway.Storage.Objects;
using Spillway.Storage.Wal;
using Spillway.Storage.Wal.Reading;
using Spillway.Storage.Wal.S3;
using Spillway.Testing;
using Spillway.Testing.Objects;
using Spillway.Testing.Records;
using Xunit;

namespace Spillway.Storage.Tests.Wal.S3;

/// <summary>Segments whose blocks are objects: written, read, walked and deleted, over a store that fails in every way that stores have.</summary>
public sealed class S3SegmentTests : IDisposable
{
    private readonly S3WalContext _context = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _context.Dispose();

    [Fact]
    public async Task What_is_written_is_read_by_the_positions_that_a_commit_names()
    {
        using var segment = _context.CreateSegment();
        var first = _context.CreateBlock((1, 39), (2, 139));
        var second = _context.CreateBlock((1, 5000));
        S3WalContext.Append(segment, first, 1);
        S3WalContext.Append(segment, second, 2);

        Assert.Equal(
            [$"{S3WalContext.KeyPath}/0000000000", $"{S3WalContext.KeyPath}/0000000001", $"{S3WalContext.KeyPath}/0000000002"],
            _context.Objects.Keys);
        Assert.Equal(first.GetBatch(0).ToArray(), await _context.ReadAsync(first.Header.PayloadPosition, 100));
        Assert.Equal(first.GetBatch(1).ToArray(), await _context.ReadAsync(first.Header.PayloadPosition + 100, 200));
        Assert.Equal(second.GetBatch(0).ToArray(), await _context.ReadAsync(second.Header.PayloadPosition, second.PayloadBytes));
        Assert.Equal(0, _context.Buffers.RentedBytes);
    }

    [Fact]
    public void A_segment_ends_where_it_is_told_to_and_takes_any_first_block()
    {
        using var segment = _context.CreateSegment(segmentBytes: 64 << 10);
        Assert.True(segment.TryPlace(_context.CreateBlock((1, 100_000)), 1));

        Assert.False(segment.TryPlace(_context.CreateBlock((1, 10)), 2));
    }

    [Fact]
    public void A_segment_is_never_made_where_one_is()
    {
        using var first = _context.CreateSegment();
        _context.Objects.Set($"{S3WalContext.KeyPath}/0000000000", [1, 2, 3]);

        Assert.Throws<WalAppendException>(() => _context.CreateSegment());
        Assert.Equal([1, 2, 3], _context.Objects.Get($"{S3WalContext.KeyPath}/0000000000"));
    }

    [Fact]
    public void Only_one_without_blocks_is_discarded()
    {
        using var segment = _context.CreateSegment();
        segment.Discard();
        Assert.Empty(_context.Objects.Keys);

        using var other = _context.CreateSegment();
        Assert.True(other.TryPlace(_context.CreateBlock((1, 10)), 1));
        Assert.Throws<InvalidOperationException>(other.Discard);
        Assert.Single(_context.Objects.Keys);
    }

    [Fact]
    public void A_block_is_never_put_over_another()
    {
        using var segment = _context.CreateSegment();
        _context.Objects.Set($"{S3WalContext.KeyPath}/0000000001", [1, 2, 3]);
        var block = _context.CreateBlock((1, 100));
        Assert.True(segment.TryPlace(block, 1));

        Assert.Throws<WalAppendException>(() => segment.Write(block, 0));

        Assert.True(segment.IsPoisoned);
        Assert.Equal([1, 2, 3], _context.Objects.Get($"{S3WalContext.KeyPath}/0000000001"));
    }

    [Theory]
    [InlineData(ObjectFault.NotDone)]
    [InlineData(ObjectFault.DoneButUnanswered)]
    public async Task A_put_whose_outcome_is_unknown_is_settled_by_putting_it_again(ObjectFault fault)
    {
        using var segment = _context.CreateSegment();
        var block = _context.CreateBlock((1, 5000));
        _context.Store.FailNext(ObjectRequestKind.Put, fault);
        _context.Store.FailNext(ObjectRequestKind.Put, fault);

        S3WalContext.Append(segment, block, 1);

        Assert.False(segment.IsPoisoned);
        Assert.Equal(4, _context.Objects.CountRequests(ObjectRequestKind.Put) + (fault == ObjectFault.NotDone ? 2 : 0));
        Assert.Equal(block.GetBatch(0).ToArray(), await _context.ReadAsync(block.Header.PayloadPosition, block.PayloadBytes));
    }

    [Fact]
    public void A_put_that_was_cut_off_is_not_taken_for_the_block()
    {
        using var segment = _context.CreateSegment();
        var block = _context.CreateBlock((1, 5000));
        _context.Store.FailNext(ObjectRequestKind.Put, ObjectFault.Truncated);
        Assert.True(segment.TryPlace(block, 1));

        Assert.Throws<WalAppendException>(() => segment.Write(block, 0));

        Assert.True(segment.IsPoisoned);
    }

    [Fact]
    public void Attempts_have_an_end_and_a_segment_that_failed_takes_no_more()
    {
        using var segment = _context.CreateSegment();
        var (first, second) = (_context.CreateBlock((1, 100)), _context.CreateBlock((1, 100)));
        Assert.True(segment.TryPlace(first, 1) && segment.TryPlace(second, 2));
        for (var i = 0; i < S3WalContext.Impatient.PutAttemptsMax; i++)
        {
            _context.Store.FailNext(ObjectRequestKind.Put);
        }

        Assert.Throws<WalAppendException>(() => segment.Write(first, 0));
        Assert.Throws<WalAppendException>(() => segment.Write(second, 0));

        Assert.Equal([$"{S3WalContext.KeyPath}/0000000000"], _context.Objects.Keys);
    }

    [Fact]
    public async Task A_put_that_does_not_come_back_is_made_again()
    {
        var time = new ManualTimeProvider();
        var settings = S3WalContext.Impatient with { PutTimeout = TimeSpan.FromSeconds(5), Backoff = TimeSpan.FromMilliseconds(100) };
        using var context = new S3WalContext(settings, time);
        using var segment = context.CreateSegment();
        var putCount = 0;
        context.Store.BeforeRequest = (_, _) =>
            Interlocked.Increment(ref putCount) == 1 ? Task.Delay(TimeSpan.FromSeconds(6), time, Token) : Task.CompletedTask;
        var block = context.CreateBlock((1, 100));
        Assert.True(segment.TryPlace(block, 1));

        // The first attempt comes back when its time is over, and finds its token cancelled.
        var writing = Task.Run(() => segment.Write(block, 0), Token);
        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(500));
                return writing.IsCompleted;
            },
            "the block was stored",
            Token);

        await writing;
        Assert.Equal(2, putCount);
        Assert.Equal(block.GetBatch(0).ToArray(), await context.ReadAsync(block.Header.PayloadPosition, block.PayloadBytes));
    }

    [Fact]
    public async Task What_the_store_gives_damaged_is_read_again_and_then_asked_of_the_writer()
    {
        using var segment = _context.CreateSegment();
        var block = _context.CreateBlock((1, 5000));
        S3WalContext.Append(segment, block, 1);
        var expected = block.GetBatch(0).ToArray();
        var position = block.Header.PayloadPosition;

        _context.Store.FailNext(ObjectRequestKind.Get, ObjectFault.Damaged);
        Assert.Equal(expected, await _context.ReadAsync(position, expected.Length, isConfirmed: false));
        _context.Store.FailNext(ObjectRequestKind.Get);
        Assert.Equal(expected, await _context.ReadAsync(position, expected.Length, isConfirmed: false));
        for (var i = 0; i < 3; i++)
        {
            _context.Store.FailNext(ObjectRequestKind.Get, ObjectFault.Damaged);
        }

        _context.Writer.Answer = (_, _, _) => expected;
        Assert.Equal(expected, await _context.ReadAsync(position, expected.Length));

        Assert.Equal(1, _context.Counters["spillway.wal.reads", "test", "writer"]);
        Assert.Equal(0, _context.Buffers.RentedBytes);
    }

    [Fact]
    public async Task A_block_that_is_not_there_is_missing_and_one_that_is_too_short_is_short()
    {
        using var segment = _context.CreateSegment();
        var block = _context.CreateBlock((1, 5000));
        S3WalContext.Append(segment, block, 1);
        var position = block.Header.PayloadPosition;

        Assert.Equal(WalReadFailure.Short, await FailAsync(position, block.PayloadBytes + 1));
        Assert.Equal(WalReadFailure.Missing, await FailAsync(position + (1L << 32), 100));
        Assert.Equal(WalReadFailure.Corrupt, await FailAsync(position + 1, 100));

        async Task<WalReadFailure> FailAsync(long at, int lengthBytes) =>
            (await Assert.ThrowsAsync<WalReadException>(() => _context.ReadAsync(at, lengthBytes))).Failure;
    }

    [Fact]
    public async Task A_walk_finds_intact_blocks_and_says_which_are_not()
    {
        using var segment = _context.CreateSegment();
        var blocks = new[] { _context.CreateBlock((1, 100), (2, 50)), _context.CreateBlock((1, 5000)), _context.CreateBlock((3, 10)), _context.CreateBlock((3, 10)) };
        for (var i = 0; i < blocks.Length; i++)
        {
            S3WalContext.Append(segment, blocks[i], 10 + i);
        }

        // One is gone, one has a damaged payload, one a damaged head; and something that is nobody's lies among them.
        await _context.Objects.DeleteAsync([$"{S3WalContext.KeyPath}/0000000001"], Token);
        Damage(2, 3000);
        Damage(3, 30);
        _context.Objects.Set($"{S3WalContext.KeyPath}/x", [1]);
        var walker = await S3SegmentWalker.OpenAsync(_context.Store, S3WalContext.KeyPath, Token);
        var found = new List<WalSegmentBlock>();
        await foreach (var block in walker.WalkAsync(Token))
        {
            found.Add(block);
        }

        Assert.Equal(WalTestContext.Header, walker.Header);
        Assert.Equal([(11L, false), (13L, true)], found.Select(block => (block.Header.BlockSeq, block.IsPayloadIntact)));
        Assert.Equal(blocks[3].Directory, found[1].Directory);
        await Assert.ThrowsAsync<WalReadException>(() => S3SegmentWalker.OpenAsync(_context.Store, "wal/other.wal", Token));
    }

    [Fact]
    public async Task A_deleted_segment_leaves_nothing_and_its_neighbours_alone()
    {
        using var segment = _context.CreateSegment();
        S3WalContext.Append(segment, _context.CreateBlock((1, 100)), 1);
        S3WalContext.Append(segment, _context.CreateBlock((1, 100)), 2);
        _context.Objects.Set($"{S3WalContext.KeyPath}.x/0000000000", [1]);

        _context.Store.FailNext(ObjectRequestKind.Delete, ObjectFault.FirstKeyFails);
        Assert.False(await S3SegmentCleaner.TryDeleteAsync(_context.Store, S3WalContext.KeyPath, Token));
        Assert.True(await S3SegmentCleaner.TryDeleteAsync(_context.Store, S3WalContext.KeyPath, Token));
        Assert.True(await S3SegmentCleaner.TryDeleteAsync(_context.Store, S3WalContext.KeyPath, Token));

        Assert.Equal([$"{S3WalContext.KeyPath}.x/0000000000"], _context.Objects.Keys);
    }

    [Fact]
    public void The_golden_block_is_written_as_it_was_and_reads_as_it_was_written()
    {
        using var segment = _context.CreateSegment();
        var block = new WalBlock();
        block.Add(new LogId(11), TestBatch.Create(new ZeroRandom(), 100));
        block.Add(new LogId(12), TestBatch.Create(new ZeroRandom(), 300));

        S3WalContext.Append(segment, block, 7);

        Assert.Equal(
            File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Wal", "Golden", "s3-block-v1.golden")),
            _context.Objects.Get($"{S3WalContext.KeyPath}/0000000001"));
        Assert.Equal(
            File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Wal", "Golden", "segment-v1.golden"))[..WalSegmentHeader.LengthBytes],
            _context.Objects.Get($"{S3WalContext.KeyPath}/0000000000"));
    }

    [Theory]
    [InlineData("../x.wal")]
    [InlineData("a//b")]
    [InlineData("")]
    [InlineData("ä.wal")]
    public void A_path_that_is_no_key_is_on_no_volume(string path) =>
        Assert.Null(S3WalContext.Volumes.FindPath(new WalSegmentLocation("s", path)));

    [Fact]
    public void Positions_and_keys_go_both_ways()
    {
        foreach (var position in new[] { new S3BlockPosition(1, 0), new(7, 96), new(int.MaxValue, uint.MaxValue) })
        {
            Assert.Equal(position, S3BlockPosition.Of(position.ToPosition()));
            Assert.True(position.ToPosition() > 0);
            Assert.True(S3SegmentKeys.TryParse("wal/s", S3SegmentKeys.BlockOf("wal/s", position.Number), out var number));
            Assert.Equal(position.Number, number);
        }

        foreach (var key in new[] { "wal/s/1", "wal/s2/0000000001", "wal/s/00000000x1", "wal/s/0000000001/2", "wal/s/9999999999" })
        {
            Assert.False(S3SegmentKeys.TryParse("wal/s", key, out _), key);
        }
    }

    private void Damage(int number, int at)
    {
        var key = S3SegmentKeys.BlockOf(S3WalContext.KeyPath, number);
        var bytes = _context.Objects.Get(key);
        bytes[at] ^= 1;
        _context.Objects.Set(key, bytes);
    }

    private sealed class ZeroRandom : Random
    {
        public override void NextBytes(Span<byte> buffer) => buffer.Clear();
    }
}
