using Spillway.Kafka.Errors;
using Spillway.Testing;
using Spillway.WalWriter.Volumes;
using Xunit;

namespace Spillway.WalWriter.Tests.Flushing;

public sealed class GroupCommitTests
{
    [Fact]
    public async Task Appends_that_come_during_a_flush_become_one_block()
    {
        await using var context = new WriterTestContext(WriterTestContext.CreateOptions(flushThreads: 1));
        var stream = await context.StartAsync();
        using var flush = new ManualResetEventSlim();
        using var isFlushing = new ManualResetEventSlim();
        context.Files.OnFlush = _ =>
        {
            isFlushing.Set();
            flush.Wait(WriterTestContext.LongEnough);
        };
        var first = context.AppendOneAsync(stream, 1, context.CreateBatch());
        Assert.True(isFlushing.Wait(WriterTestContext.LongEnough));
        var others = Enumerable.Range(0, 50).Select(_ => context.AppendOneAsync(stream, 1, context.CreateBatch())).ToArray();
        flush.Set();

        await first;
        await Task.WhenAll(others);

        Assert.Equal([1, 50], context.Metadata.Requests.Select(r => r.Batches.Count));
    }

    [Fact]
    public async Task Blocks_are_bounded_in_bytes_and_batches_and_a_large_append_goes_alone()
    {
        await using var context = new WriterTestContext(new WalWriterOptions
        {
            Volumes = [new WriterVolumeOptions { Name = "v1", Path = "/v1" }],
            FlushThreads = 1,
            BlockBytesMax = 10_000,
            BlockBatchesMax = 5,
            SegmentBytes = 1 << 20,
        });
        var stream = await context.StartAsync();
        using var flush = new ManualResetEventSlim();
        using var isFlushing = new ManualResetEventSlim();
        context.Files.OnFlush = _ =>
        {
            isFlushing.Set();
            flush.Wait(WriterTestContext.LongEnough);
        };
        var appends = new List<Task<long>> { context.AppendOneAsync(stream, 1, context.CreateBatch()) };
        Assert.True(isFlushing.Wait(WriterTestContext.LongEnough));
        foreach (var bodyBytes in new[] { 1, 1, 1, 1, 1, 1, 6000, 6000, 50_000, 1 })
        {
            appends.Add(context.AppendOneAsync(stream, 1, context.CreateBatch(bodyBytes)));
        }

        flush.Set();
        await Task.WhenAll(appends);

        Assert.Equal([1, 5, 2, 1, 1, 1], context.Metadata.Requests.Select(r => r.Batches.Count));
    }

    // P1: the order is flush, then commit, then answer.
    [Fact]
    public async Task Nothing_is_proposed_before_its_flush_nor_answered_before_its_commit()
    {
        await using var context = new WriterTestContext();
        var stream = await context.StartAsync();
        using var flush = new ManualResetEventSlim();
        using var isFlushing = new ManualResetEventSlim();
        var commit = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        context.Files.OnFlush = _ =>
        {
            isFlushing.Set();
            flush.Wait(WriterTestContext.LongEnough);
        };
        context.Metadata.BeforeCommit = _ => commit.Task;

        var append = context.AppendOneAsync(stream, 1, context.CreateBatch());
        Assert.True(isFlushing.Wait(WriterTestContext.LongEnough));
        Assert.Empty(context.Metadata.Requests);
        flush.Set();
        await WriterTestContext.UntilAsync(() => context.Metadata.Requests.Count == 1, "the block was proposed");
        Assert.False(append.IsCompleted);
        commit.SetResult();

        Assert.Equal(0, await append);
    }

    [Fact]
    public async Task Blocks_flushed_out_of_order_are_proposed_in_order()
    {
        await using var context = new WriterTestContext(WriterTestContext.CreateOptions(flushThreads: 2));
        var stream = await context.StartAsync();
        using var firstFlush = new ManualResetEventSlim();
        var flushCount = 0;
        context.Files.OnFlush = _ =>
        {
            if (Interlocked.Increment(ref flushCount) == 1)
            {
                firstFlush.Wait(WriterTestContext.LongEnough);
            }
        };
        var first = context.AppendOneAsync(stream, 1, context.CreateBatch());
        await WriterTestContext.UntilAsync(() => flushCount == 1, "the first block was being flushed");
        var second = context.AppendOneAsync(stream, 1, context.CreateBatch());
        await WriterTestContext.UntilAsync(() => flushCount == 2, "the second block was flushed");
        Assert.Empty(context.Metadata.Requests);
        firstFlush.Set();

        var offsets = await Task.WhenAll(first, second);
        Assert.Equal([0, 1], offsets);
        Assert.Equal([1, 2], context.Metadata.Requests.Select(r => r.BlockSeq));
    }

    [Fact]
    public async Task A_full_segment_is_followed_by_the_next_and_sealed()
    {
        await using var context = new WriterTestContext(WriterTestContext.CreateOptions(segmentBytes: 64 << 10));
        var stream = await context.StartAsync();

        for (var i = 0; i < 10; i++)
        {
            await context.AppendOneAsync(stream, 1, context.CreateBatch(20_000));
        }

        var segments = context.Metadata.Committed.Select(c => c.Segment).Distinct().ToList();
        Assert.Equal(4, segments.Count);
        await WriterTestContext.UntilAsync(() => segments.Count(s => s.IsSealed) == 3, "the full segments were sealed");
        Assert.False(segments[^1].IsSealed);
    }

    [Fact]
    public async Task A_segment_with_data_is_sealed_by_age_and_an_empty_one_is_kept()
    {
        var time = new ManualTimeProvider();
        await using var context = new WriterTestContext(
            WriterTestContext.CreateOptions(rollInterval: TimeSpan.FromSeconds(60)), time);
        var stream = await context.StartAsync();
        await context.AppendOneAsync(stream, 1, context.CreateBatch());
        var segment = context.Metadata.Committed[0].Segment;

        time.Advance(TimeSpan.FromSeconds(58));
        Assert.False(segment.IsSealed);
        time.Advance(TimeSpan.FromSeconds(4));
        await WriterTestContext.UntilAsync(() => segment.IsSealed, "the aged segment was sealed");
        time.Advance(TimeSpan.FromMinutes(10));

        // The next one was opened ahead, has no data, and waits for some.
        Assert.Equal(2, context.Metadata.Segments.Count);
        Assert.Equal(1, await context.AppendOneAsync(stream, 1, context.CreateBatch()));
        Assert.NotSame(segment, context.Metadata.Committed[1].Segment);
    }

    // A mount that hangs must not hang its clients, and their memory is not used again while the call may still read it.
    [Fact]
    public async Task A_volume_that_hangs_fails_appends_in_time_and_keeps_their_bytes_until_it_returns()
    {
        var time = new ManualTimeProvider();
        await using var context = new WriterTestContext(
            WriterTestContext.CreateOptions(flushThreads: 1, appendTimeout: TimeSpan.FromSeconds(20)), time);
        var stream = await context.StartAsync();
        using var flush = new ManualResetEventSlim();
        using var isFlushing = new ManualResetEventSlim();
        context.Files.OnFlush = _ =>
        {
            isFlushing.Set();
            flush.Wait(WriterTestContext.LongEnough);
        };
        var hanging = context.AppendAsync(stream, (1, context.CreateBatch()));
        Assert.True(isFlushing.Wait(WriterTestContext.LongEnough));
        var behind = context.AppendAsync(stream, (1, context.CreateBatch()));

        time.Advance(TimeSpan.FromSeconds(22));

        Assert.Equal(ErrorCode.KafkaStorageError, (await hanging.WaitAsync(WriterTestContext.LongEnough)).Error);
        Assert.Equal(ErrorCode.KafkaStorageError, (await behind.WaitAsync(WriterTestContext.LongEnough)).Error);
        Assert.True(stream.IsBroken);
        Assert.Equal(4096, context.Pool.RentedBytes);
        flush.Set();
        await WriterTestContext.UntilAsync(() => context.Pool.RentedBytes == 0, "the bytes were given back");
        Assert.Empty(context.Metadata.Requests);
    }
}
