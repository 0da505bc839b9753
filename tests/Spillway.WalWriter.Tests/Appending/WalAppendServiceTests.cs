using Spillway.Kafka.Errors;
using Xunit;

namespace Spillway.WalWriter.Tests.Appending;

public sealed class WalAppendServiceTests
{
    // P3: between the end of an epoch and the moment in which its streams know of it.
    [Fact]
    public async Task An_append_that_comes_when_its_epoch_has_just_ended_is_refused_and_not_forgotten()
    {
        await using var context = new WriterTestContext();
        var stream = await context.StartAsync();
        context.Loop.Session!.Pipeline.End(ErrorCode.NotLeaderOrFollower);

        var result = await context.AppendAsync(stream, (1, context.CreateBatch())).WaitAsync(WriterTestContext.LongEnough);

        Assert.Equal(ErrorCode.NotLeaderOrFollower, result.Error);
        Assert.Equal((0, 0L), (context.Metadata.Requests.Count, context.Budget.HeldBytes));
    }

    [Fact]
    public async Task An_append_is_answered_with_offsets_and_its_bytes_are_where_the_commit_says()
    {
        await using var context = new WriterTestContext();
        var stream = await context.StartAsync();
        var (first, second, third) = (context.CreateBatch(100, 3), context.CreateBatch(5000, 2), context.CreateBatch());

        var result = await context.AppendAsync(stream, (1, first), (2, second), (1, third))
            .WaitAsync(WriterTestContext.LongEnough);

        Assert.Equal([0, 0, 3], result.Batches.Select(b => b.BaseOffset));
        Assert.Equal([first, third, second], context.Metadata.Committed.Select(context.ReadCommitted));
    }

    [Fact]
    public async Task Batches_of_a_partition_lie_side_by_side_in_a_block()
    {
        await using var context = new WriterTestContext(WriterTestContext.CreateOptions(flushThreads: 1));
        var stream = await context.StartAsync();

        await context.AppendAsync(
            stream,
            (2, context.CreateBatch()),
            (1, context.CreateBatch()),
            (2, context.CreateBatch()),
            (1, context.CreateBatch())).WaitAsync(WriterTestContext.LongEnough);

        var batches = Assert.Single(context.Metadata.Requests).Batches;
        Assert.Equal([1, 1, 2, 2], batches.Select(b => b.LogId));
        Assert.Equal([0, 161, 322, 483], batches.Select(b => b.Position));
    }

    [Fact]
    public async Task Appends_of_a_stream_keep_their_order_whatever_lane_writes_them()
    {
        await using var context = new WriterTestContext(WriterTestContext.CreateOptions(flushThreads: 4));
        var stream = await context.StartAsync();

        var appends = Enumerable.Range(0, 2000)
            .Select(i => context.AppendOneAsync(stream, 1 + (i % 3), context.CreateBatch(i % 300)))
            .ToArray();
        var offsets = await Task.WhenAll(appends);

        Assert.Equal(Enumerable.Range(0, 2000).Select(i => (long)i / 3), offsets);
    }

    [Fact]
    public async Task One_batchs_error_is_its_own()
    {
        await using var context = new WriterTestContext();
        context.Metadata.BatchError = batch => batch.LogId == 2 ? (int)ErrorCode.UnknownTopicId : 0;
        var stream = await context.StartAsync();

        var result = await context.AppendAsync(stream, (1, context.CreateBatch()), (2, context.CreateBatch()))
            .WaitAsync(WriterTestContext.LongEnough);

        Assert.Equal([ErrorCode.None, ErrorCode.UnknownTopicId], result.Batches.Select(b => b.Error));
        Assert.Equal([0, -1], result.Batches.Select(b => b.BaseOffset));
    }

    [Fact]
    public async Task Bytes_that_are_no_batch_are_refused()
    {
        await using var context = new WriterTestContext();
        var stream = await context.StartAsync();
        var truncated = context.CreateBatch()[..^1];

        Assert.Equal(ErrorCode.InvalidRecord, (await context.AppendAsync(stream, (1, truncated))).Error);
        Assert.Equal(ErrorCode.InvalidRecord, (await context.AppendAsync(stream, (1, new byte[10]))).Error);
        Assert.Equal(ErrorCode.InvalidRecord, (await context.AppendAsync(stream, (0, context.CreateBatch()))).Error);
        Assert.Empty(context.Metadata.Requests);
    }

    [Fact]
    public async Task Without_an_epoch_a_stream_is_broken_and_answers_retriably()
    {
        await using var context = new WriterTestContext();

        var stream = context.Appends.OpenStream("early");

        Assert.True(stream.IsBroken);
        Assert.Equal(ErrorCode.NotLeaderOrFollower, (await context.AppendAsync(stream, (1, context.CreateBatch()))).Error);
    }

    [Fact]
    public async Task Past_the_budget_appends_wait_and_nobody_overtakes()
    {
        await using var context = new WriterTestContext(
            WriterTestContext.CreateOptions(flushThreads: 1, inFlightBytesMax: 1 << 20));
        var stream = await context.StartAsync();
        using var flush = new ManualResetEventSlim();
        context.Files.OnFlush = _ => flush.Wait(WriterTestContext.LongEnough);

        // Large ones fill the budget; small ones behind them would fit, and must not.
        var appends = Enumerable.Range(0, 12)
            .Select(i => context.AppendOneAsync(stream, 1, context.CreateBatch(i % 2 == 0 ? 400_000 : 10)))
            .ToArray();
        Assert.InRange(context.Budget.HeldBytes, 800_000, 1 << 20);
        Assert.True(context.Pool.RentedBytes > 2_000_000);
        flush.Set();

        Assert.Equal(Enumerable.Range(0, 12).Select(i => (long)i), await Task.WhenAll(appends));
        Assert.Equal(0, context.Budget.HeldBytes);
        await WriterTestContext.UntilAsync(() => context.Pool.RentedBytes == 0, "all buffers were given back");
    }
}
