using Spillway.Storage.Wal;
using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.Storage.Tests.Wal;

public sealed class WalSegmentAppenderTests
{
    [Theory]
    [InlineData(WalFlushMode.FdataSync)]
    [InlineData(WalFlushMode.Dsync)]
    public async Task What_was_appended_on_a_real_disk_is_read_back(WalFlushMode mode)
    {
        using var context = new WalTestContext(onDisk: true);
        using var segment = context.CreateSegment(mode: mode);
        var first = context.CreateBlock((1, 100), (1, 5000), (2, 0));
        var second = context.CreateBlock((9, 70_000));

        WalTestContext.Append(segment, first, 1);
        WalTestContext.Append(segment, second, 2);

        Assert.Equal(1 << 20, new FileInfo(context.FullPath).Length);
        foreach (var block in new[] { first, second })
        {
            var read = await context.ReadAsync(block.Header.PayloadPosition, block.PayloadBytes);
            Assert.Equal(Payload(block), read);
        }
    }

    [Fact]
    public void Blocks_begin_on_boundaries_one_after_the_other()
    {
        using var context = new WalTestContext();
        using var segment = context.CreateSegment();
        var small = context.CreateBlock((1, 10));
        var large = context.CreateBlock((1, 9000));

        Assert.True(segment.TryPlace(small, 1));
        Assert.True(segment.TryPlace(large, 2));

        Assert.Equal(4096, small.Header.Position);
        Assert.Equal(8192, large.Header.Position);
        Assert.Equal(8192 + 12288, segment.EndPosition);
        Assert.Equal(large.Header.EndPosition, segment.EndPosition);
    }

    [Fact]
    public void A_segment_is_never_opened_over_an_existing_file()
    {
        using var context = new WalTestContext(onDisk: true);
        using var segment = context.CreateSegment();

        Assert.Throws<WalAppendException>(() => context.CreateSegment());
    }

    [Fact]
    public void A_creation_that_fails_takes_away_what_it_made_and_nothing_else()
    {
        using var context = new WalTestContext();
        context.Files.OnPreallocate = static _ => throw FaultyWalFileSystem.Error(FaultyWalFileSystem.NoSpace);
        Assert.Throws<WalAppendException>(() => context.CreateSegment());
        Assert.Empty(context.Memory.Paths);

        context.Files.OnPreallocate = null;
        using var segment = context.CreateSegment();
        Assert.Throws<WalAppendException>(() => context.CreateSegment());
        Assert.Single(context.Memory.Paths);
    }

    [Fact]
    public void Only_one_without_blocks_is_discarded()
    {
        using var context = new WalTestContext();
        using var segment = context.CreateSegment();
        segment.Discard();
        Assert.Empty(context.Memory.Paths);

        using var other = context.CreateSegment();
        Assert.True(other.TryPlace(context.CreateBlock((1, 10)), 1));
        Assert.Throws<InvalidOperationException>(other.Discard);
        Assert.Single(context.Memory.Paths);
    }

    [Fact]
    public void A_full_segment_takes_no_more_but_an_empty_one_takes_any_block()
    {
        using var context = new WalTestContext();
        using var segment = context.CreateSegment(segmentBytes: 16384);

        Assert.True(segment.TryPlace(context.CreateBlock((1, 30_000)), 1));
        Assert.False(segment.TryPlace(context.CreateBlock((1, 10)), 2));
    }

    [Theory]
    [InlineData(FaultyWalFileSystem.InputOutputError)]
    [InlineData(FaultyWalFileSystem.NoSpace)]
    public void A_failed_flush_poisons_the_segment_for_good(int errno)
    {
        using var context = new WalTestContext();
        using var segment = context.CreateSegment();
        context.Files.OnFlush = _ => throw FaultyWalFileSystem.Error(errno);
        var block = context.CreateBlock((1, 10));
        Assert.True(segment.TryPlace(block, 1));

        Assert.Throws<WalAppendException>(() => segment.Write(block, lane: 0));
        context.Files.OnFlush = null;

        Assert.True(segment.IsPoisoned);
        Assert.Throws<WalAppendException>(() => segment.Write(block, lane: 1));
    }

    [Fact]
    public void A_flush_that_succeeds_beside_one_that_failed_is_not_believed()
    {
        using var context = new WalTestContext();
        using var segment = context.CreateSegment();
        var failing = context.CreateBlock((1, 10));
        var beside = context.CreateBlock((1, 10));
        Assert.True(segment.TryPlace(failing, 1));
        Assert.True(segment.TryPlace(beside, 2));
        var isNested = false;
        context.Files.OnFlush = _ =>
        {
            if (isNested)
            {
                throw FaultyWalFileSystem.Error(FaultyWalFileSystem.InputOutputError);
            }

            // While lane 1 flushes, lane 0 fails.
            isNested = true;
            Assert.Throws<WalAppendException>(() => segment.Write(failing, lane: 0));
        };

        Assert.Throws<WalAppendException>(() => segment.Write(beside, lane: 1));
    }

    [Fact]
    public void A_volume_without_space_fails_the_creation()
    {
        using var context = new WalTestContext();
        context.Files.OnPreallocate = _ => throw FaultyWalFileSystem.Error(FaultyWalFileSystem.NoSpace);

        Assert.Throws<WalAppendException>(() => context.CreateSegment());
    }

    [Fact]
    public void A_block_of_a_poisoned_segment_can_be_placed_in_another()
    {
        using var context = new WalTestContext();
        using var poisoned = context.CreateSegment();
        var block = context.CreateBlock((1, 10), (2, 200));
        Assert.True(poisoned.TryPlace(block, 5));
        context.Files.OnWrite = (_, _) => 20;
        Assert.Throws<WalAppendException>(() => poisoned.Write(block, lane: 0));
        context.Files.OnWrite = null;
        var path = Path.Combine(context.Volume.Path, "other.wal");
        var header = WalTestContext.Header with { SegmentId = 43 };
        using var next = WalSegmentAppender.Create(
            context.Files, path, header, new WalSegmentSettings(1 << 20, WalFlushMode.FdataSync, 1));

        WalTestContext.Append(next, block, 5);

        using var walker = WalSegmentWalker.Open(context.Files, path);
        var found = Assert.Single(walker.Walk());
        Assert.Equal((43, 5, true), (found.Header.SegmentId, found.Header.BlockSeq, found.IsPayloadIntact));
    }

    [Fact]
    public void Only_what_was_flushed_outlives_a_power_loss()
    {
        using var context = new WalTestContext();
        using var segment = context.CreateSegment();
        WalTestContext.Append(segment, context.CreateBlock((1, 10)), 1);
        var lost = context.CreateBlock((1, 10));
        Assert.True(segment.TryPlace(lost, 2));
        context.Files.OnFlush = _ => throw FaultyWalFileSystem.Error(FaultyWalFileSystem.InputOutputError);
        Assert.Throws<WalAppendException>(() => segment.Write(lost, lane: 0));

        context.Memory.LosePower();

        using var walker = WalSegmentWalker.Open(context.Files, context.FullPath);
        Assert.Equal([1L], walker.Walk().Select(b => b.Header.BlockSeq));
    }

    [Fact]
    public async Task Lanes_write_side_by_side()
    {
        using var context = new WalTestContext(onDisk: true);
        using var segment = context.CreateSegment(segmentBytes: 8 << 20, lanes: 4);
        var blocks = Enumerable.Range(0, 40).Select(i => context.CreateBlock((i, 3000 * (i % 7)))).ToArray();
        for (var i = 0; i < blocks.Length; i++)
        {
            Assert.True(segment.TryPlace(blocks[i], i + 1));
        }

        await Task.WhenAll(Enumerable.Range(0, 4).Select(lane => Task.Run(() =>
        {
            for (var i = lane; i < blocks.Length; i += 4)
            {
                segment.Write(blocks[i], lane);
            }
        })));

        using var walker = WalSegmentWalker.Open(context.Files, context.FullPath);
        var walked = walker.Walk().ToList();
        Assert.Equal(Enumerable.Range(1, 40).Select(i => (long)i), walked.Select(b => b.Header.BlockSeq));
        Assert.All(walked, b => Assert.True(b.IsPayloadIntact));
    }

    private static byte[] Payload(WalBlock block) =>
        [.. block.Encode().Skip(1).Take(block.Count).SelectMany(p => p.ToArray())];
}
