using Spillway.Storage.Wal;
using Spillway.Testing.Faults;
using Xunit;

namespace Spillway.WalWriter.Tests;

/// <summary>Each place is where its name says: what is done and what is not while a block waits there.</summary>
public sealed class FailPointTests
{
    [Fact]
    public async Task A_written_block_is_neither_durable_nor_proposed()
    {
        await using var context = new WriterTestContext(faults: new FaultScript());
        var stream = await context.StartWithSegmentsAsync();
        var batch = context.CreateBatch();
        context.Faults.Set(Pause(FailPoint.BlockWritten));

        var append = context.AppendOneAsync(stream, 1, batch);
        await WriterTestContext.UntilAsync(() => CountBlocks(context) == 1, "the block was written");

        context.Memory.LosePower();
        Assert.Equal(0, CountBlocks(context));
        Assert.Empty(context.Metadata.Requests);
        context.Faults.Set();
        Assert.Equal(0, await append);
    }

    [Fact]
    public async Task A_flushed_block_is_durable_and_not_proposed()
    {
        await using var context = new WriterTestContext(faults: new FaultScript());
        var flushCount = 0;
        context.Files.OnFlush = _ => flushCount++;
        var stream = await context.StartWithSegmentsAsync();
        context.Faults.Set(Pause(FailPoint.BlockFlushed));

        var append = context.AppendOneAsync(stream, 1, context.CreateBatch());
        await WriterTestContext.UntilAsync(() => flushCount == 1, "the block was flushed");

        context.Memory.LosePower();
        Assert.Equal(1, CountBlocks(context));
        Assert.Empty(context.Metadata.Requests);
        context.Faults.Set();
        Assert.Equal(0, await append);
    }

    [Fact]
    public async Task A_committed_block_whose_answer_is_lost_is_not_answered_until_it_is_asked_again()
    {
        await using var context = new WriterTestContext(faults: new FaultScript());
        var stream = await context.StartAsync();
        context.Faults.Set($$"""{"failPoint":"{{FailPoint.BlockCommitted}}","fault":"lose","count":3}""");

        Assert.Equal(0, await context.AppendOneAsync(stream, 1, context.CreateBatch()));

        Assert.Equal(4, context.Metadata.Requests.Count);
        Assert.Single(context.Metadata.Committed);
    }

    [Fact]
    public async Task A_sealed_segment_is_left_before_another_takes_its_blocks()
    {
        await using var context = new WriterTestContext(faults: new FaultScript());
        var stream = await context.StartAsync();
        await context.AppendOneAsync(stream, 1, context.CreateBatch());
        context.Faults.Set(Pause(FailPoint.SegmentSealed), """{"volume":"v1","fault":"error","count":1}""");

        var append = context.AppendOneAsync(stream, 1, context.CreateBatch());
        await WriterTestContext.UntilAsync(() => context.Metadata.Segments[1].IsSealed, "the segment was sealed");

        Assert.Single(context.Metadata.Requests);
        context.Faults.Set();
        Assert.Equal(1, await append);
        Assert.NotSame(context.Metadata.Committed[0].Segment, context.Metadata.Committed[1].Segment);
    }

    [Fact]
    public async Task A_segment_that_metadata_has_opened_has_no_file_yet()
    {
        await using var context = new WriterTestContext(faults: new FaultScript());
        context.Faults.Set(Pause(FailPoint.SegmentOpened));
        var stream = await context.StartAsync();
        var append = context.AppendOneAsync(stream, 1, context.CreateBatch());
        await WriterTestContext.UntilAsync(() => context.Metadata.Segments.Count == 1, "the segment was opened");

        Assert.Empty(context.Memory.Paths);
        context.Faults.Set();

        Assert.Equal(0, await append);
    }

    private static string Pause(string failPoint) => $$"""{"failPoint":"{{failPoint}}","fault":"pause"}""";

    private static int CountBlocks(WriterTestContext context)
    {
        using var walker = WalSegmentWalker.Open(context.Memory, $"/v1/{context.Metadata.Segments[1].Path}");
        return walker.Walk().Count();
    }
}
