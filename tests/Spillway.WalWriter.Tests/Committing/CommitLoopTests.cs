using Spillway.Kafka.Errors;
using Spillway.Rpc.Commit;
using Spillway.Rpc.Metadata;
using Spillway.Testing;
using Xunit;

namespace Spillway.WalWriter.Tests.Committing;

public sealed class CommitLoopTests
{
    // P2.
    [Fact]
    public async Task A_lost_reply_gives_the_same_offsets_on_retry()
    {
        await using var context = new WriterTestContext();
        var lostCount = 0;
        context.Metadata.AfterCommit = (_, _) =>
            Interlocked.Increment(ref lostCount) <= 3 ? Task.FromException(FakeMetadata.Unavailable()) : Task.CompletedTask;
        var stream = await context.StartAsync();

        Assert.Equal(0, await context.AppendOneAsync(stream, 1, context.CreateBatch(recordCount: 5)));
        Assert.Equal(5, await context.AppendOneAsync(stream, 1, context.CreateBatch()));

        Assert.Equal(2, context.Metadata.Committed.Count);
    }

    [Fact]
    public async Task All_blocks_in_flight_on_a_stream_that_breaks_are_sent_again_in_order()
    {
        await using var context = new WriterTestContext(WriterTestContext.CreateOptions(flushThreads: 4));
        var broken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        context.Metadata.BeforeCommit = _ => broken.Task;
        var stream = await context.StartAsync();
        var appends = new List<Task<long>>();
        for (var i = 1; i <= 4; i++)
        {
            appends.Add(context.AppendOneAsync(stream, 1, context.CreateBatch()));
            await WriterTestContext.UntilAsync(() => context.Metadata.Requests.Count == i, "the block was proposed");
        }

        context.Metadata.BeforeCommit = null;
        broken.SetException(FakeMetadata.Unavailable());

        Assert.Equal(Enumerable.Range(0, 4).Select(i => (long)i), await Task.WhenAll(appends));
        Assert.Equal([1L, 2, 3, 4, 1, 2, 3, 4], context.Metadata.Requests.Select(r => r.BlockSeq));
        Assert.Equal(2, context.Metadata.StreamCount);
    }

    [Fact]
    public async Task What_comes_late_of_a_stream_that_was_replaced_is_not_listened_to()
    {
        await using var context = new WriterTestContext();
        context.Metadata.AfterCommit = (_, _) => Task.FromException(FakeMetadata.Unavailable());
        var stream = await context.StartAsync();
        var append = context.AppendOneAsync(stream, 1, context.CreateBatch());
        await WriterTestContext.UntilAsync(() => context.Metadata.StreamCount >= 2, "the stream was replaced");
        context.Metadata.AfterCommit = null;
        Assert.Equal(0, await append);
        var streamCount = context.Metadata.StreamCount;
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        context.Metadata.BeforeCommit = _ => held.Task;
        append = context.AppendOneAsync(stream, 1, context.CreateBatch());
        await WriterTestContext.UntilAsync(() => context.Metadata.Requests[^1].BlockSeq == 2, "the next block was proposed");

        context.Metadata.Observers[0].OnAnswered(BlockOutcome.Committed(2, [new BatchOutcome(ErrorCode.None, 77, 0, false)]));
        context.Metadata.Observers[0].OnAnswered(BlockOutcome.Refused(CommitStatus.Fenced, 2));
        context.Metadata.Observers[0].OnBroken(FakeMetadata.Unavailable());
        held.SetResult();

        Assert.Equal(1, await append);
        Assert.Equal(2, await context.AppendOneAsync(stream, 1, context.CreateBatch()));
        Assert.Equal(streamCount, context.Metadata.StreamCount);
        Assert.Equal(1, context.Metadata.Epoch);
    }

    [Fact]
    public async Task An_answer_out_of_turn_is_taken_for_no_other_blocks_and_ends_the_epoch()
    {
        await using var context = new WriterTestContext(WriterTestContext.CreateOptions(flushThreads: 2));
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        context.Metadata.BeforeCommit = _ => held.Task;
        var stream = await context.StartAsync();
        var first = context.AppendAsync(stream, (1, context.CreateBatch()));
        await WriterTestContext.UntilAsync(() => context.Metadata.Requests.Count == 1, "the block was proposed");
        var second = context.AppendAsync(stream, (1, context.CreateBatch()));
        await WriterTestContext.UntilAsync(() => context.Metadata.Requests.Count == 2, "the next was proposed");

        context.Metadata.Observers[0].OnAnswered(BlockOutcome.Committed(2, [new BatchOutcome(ErrorCode.None, 77, 0, false)]));

        Assert.Equal(ErrorCode.KafkaStorageError, (await first.WaitAsync(WriterTestContext.LongEnough)).Error);
        Assert.Equal(ErrorCode.KafkaStorageError, (await second.WaitAsync(WriterTestContext.LongEnough)).Error);
        held.SetResult();
    }

    // P5: what was refused only because the one before it was is proposed anew behind it, at once and where it is.
    [Fact]
    public async Task A_block_behind_one_that_moves_is_proposed_again_where_it_is()
    {
        var time = new ManualTimeProvider();
        await using var context = new WriterTestContext(WriterTestContext.CreateOptions(segmentBytes: 64 << 10), time);
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        context.Metadata.BeforeCommit = _ => held.Task;
        var stream = await context.StartWithSegmentsAsync();
        var first = context.AppendOneAsync(stream, 1, context.CreateBatch(40_000));
        await WriterTestContext.UntilAsync(() => context.Metadata.Requests.Count == 1, "the block was proposed");
        var second = context.AppendOneAsync(stream, 1, context.CreateBatch(40_000));
        await WriterTestContext.UntilAsync(() => context.Metadata.Requests.Count == 2, "the next was proposed");
        Assert.Equal([1L, 2], context.Metadata.Requests.Select(static request => request.SegmentId));

        context.Metadata.Segments[1].IsSealed = true;
        held.SetResult();

        Assert.Equal(0, await first.WaitAsync(WriterTestContext.LongEnough));
        Assert.Equal(1, await second.WaitAsync(WriterTestContext.LongEnough));
        Assert.Equal([1L, 2], context.Metadata.Committed.Select(static batch => batch.BlockSeq));
        Assert.Same(context.Metadata.Segments[2], context.Metadata.Committed[1].Segment);
    }

    // The order of proposals is the writer's to keep, whichever lane is done first: metadata never has to ask again.
    [Fact]
    public async Task Blocks_are_proposed_in_order_whatever_lanes_do_and_metadata_asks_for_none_again()
    {
        await using var context = new WriterTestContext(WriterTestContext.CreateOptions(flushThreads: 4));
        var random = new Random(17);
        context.Files.OnFlush = _ => Thread.SpinWait(random.Next(2_000));
        var stream = await context.StartAsync();

        var offsets = await Task.WhenAll(Enumerable.Range(0, 500).Select(
            async i =>
            {
                await Task.Yield();
                return await context.AppendOneAsync(stream, 1 + (i % 3), context.CreateBatch());
            }));

        Assert.Equal(500, offsets.Length);
        var sequences = context.Metadata.Requests.Select(r => r.BlockSeq).ToArray();
        Assert.Equal(Enumerable.Range(1, sequences.Length).Select(i => (long)i), sequences);
        Assert.Equal(1, context.Metadata.StreamCount);
    }

    [Fact]
    public async Task A_stream_that_says_nothing_is_given_up()
    {
        var time = new ManualTimeProvider();
        await using var context = new WriterTestContext(WriterTestContext.CreateOptions(), time);
        var silence = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        context.Metadata.BeforeCommit = _ => silence.Task;
        var stream = await context.StartAsync();
        var append = context.AppendOneAsync(stream, 1, context.CreateBatch());
        await WriterTestContext.UntilAsync(() => context.Metadata.Requests.Count == 1, "the block was proposed");
        context.Metadata.BeforeCommit = null;

        for (var i = 0; i < 200 && !append.IsCompleted; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        Assert.Equal(0, await append.WaitAsync(WriterTestContext.LongEnough));
        Assert.Equal(2, context.Metadata.Requests.Count);
    }

    [Fact]
    public async Task Metadata_that_asks_for_a_block_again_gets_all_that_were_not_answered()
    {
        await using var context = new WriterTestContext();
        var asked = false;
        context.Metadata.BeforeCommit = request =>
        {
            if (request.BlockSeq == 2 && !asked)
            {
                asked = true;
                context.Metadata.Forget(1);
            }

            return Task.CompletedTask;
        };
        var stream = await context.StartAsync();
        await context.AppendOneAsync(stream, 1, context.CreateBatch());

        Assert.Equal(1, await context.AppendOneAsync(stream, 1, context.CreateBatch()));
        Assert.True(asked);
        Assert.Equal([1L, 2, 2], context.Metadata.Requests.Select(r => r.BlockSeq));
    }

    [Fact]
    public async Task No_more_blocks_are_in_flight_than_metadata_keeps_results_for()
    {
        await using var context = new WriterTestContext(WriterTestContext.CreateOptions(flushThreads: 1));
        var commit = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        context.Metadata.BeforeCommit = _ => commit.Task;
        var stream = await context.StartAsync();
        var appends = new List<Task<long>>();
        for (var i = 0; i < 100; i++)
        {
            // One at a time into a block of its own, as long as blocks are begun at all.
            var unresolvedCount = context.Loop.Session!.Pipeline.UnresolvedCount;
            appends.Add(context.AppendOneAsync(stream, 1, context.CreateBatch()));
            if (unresolvedCount < 32)
            {
                await WriterTestContext.UntilAsync(
                    () => context.Loop.Session.Pipeline.UnresolvedCount > unresolvedCount, "a block was begun");
            }
        }

        await WriterTestContext.UntilAsync(() => context.Metadata.Requests.Count >= 8, "blocks were proposed");
        Assert.Equal(8, context.Metadata.Requests.Count);
        Assert.Equal(32, context.Loop.Session!.Pipeline.UnresolvedCount);
        commit.SetResult();

        Assert.Equal(Enumerable.Range(0, 100).Select(i => (long)i), await Task.WhenAll(appends));

        // What came when no block could begin went together.
        Assert.Contains(context.Metadata.Requests, r => r.Batches.Count >= 60);
    }

    [Fact]
    public async Task Blocks_in_a_segment_that_metadata_sealed_are_written_again_under_their_sequences()
    {
        await using var context = new WriterTestContext(WriterTestContext.CreateOptions(flushThreads: 3));
        var stream = await context.StartAsync();
        await context.AppendOneAsync(stream, 1, context.CreateBatch());
        var isSealed = false;
        context.Metadata.BeforeCommit = request =>
        {
            if (request.BlockSeq == 3 && !isSealed)
            {
                isSealed = true;
                context.Metadata.SealAll();
            }

            return Task.CompletedTask;
        };
        var batches = Enumerable.Range(0, 30).Select(_ => context.CreateBatch()).ToArray();

        var offsets = new List<long>();
        foreach (var chunk in batches.Chunk(5))
        {
            offsets.AddRange(await Task.WhenAll(chunk.Select(b => context.AppendOneAsync(stream, 1, b))));
        }

        Assert.True(isSealed);
        Assert.Equal(Enumerable.Range(1, 30).Select(i => (long)i), offsets);
        Assert.Equal(batches, context.Metadata.Committed.Skip(1).Select(context.ReadCommitted));
        Assert.Equal(1, context.Metadata.Epoch);
    }

    // P3: what is unresolved when an epoch ends dies with it.
    [Fact]
    public async Task A_fenced_writer_answers_everything_retriably_and_begins_a_new_epoch()
    {
        await using var context = new WriterTestContext();
        var stream = await context.StartAsync();
        await context.AppendOneAsync(stream, 1, context.CreateBatch());
        context.Metadata.Fence();

        var lost = await Task.WhenAll(Enumerable.Range(0, 10).Select(
            _ => context.AppendAsync(stream, (1, context.CreateBatch())))).WaitAsync(WriterTestContext.LongEnough);

        Assert.All(lost, r => Assert.Equal(ErrorCode.NotLeaderOrFollower, r.Error));
        Assert.True(stream.IsBroken);
        await context.Loop.RunOnceAsync(TestContext.Current.CancellationToken);
        var next = context.Appends.OpenStream("test");
        Assert.Equal(1, await context.AppendOneAsync(next, 1, context.CreateBatch()));
        Assert.Equal((3, 1), (context.Metadata.Committed[^1].WriterEpoch, context.Metadata.Committed[^1].BlockSeq));
        Assert.Equal(2, context.Metadata.Committed.Count);
        Assert.Equal(
            ErrorCode.NotLeaderOrFollower, (await context.AppendAsync(stream, (1, context.CreateBatch()))).Error);
    }

    // P4: "don't know" is retriable, and it is said in time.
    [Fact]
    public async Task Metadata_that_stays_away_fails_appends_in_time_and_the_block_is_never_sent_again()
    {
        var time = new ManualTimeProvider();
        await using var context = new WriterTestContext(
            WriterTestContext.CreateOptions(appendTimeout: TimeSpan.FromSeconds(20)), time);
        context.Metadata.BeforeCommit = _ => Task.FromException(FakeMetadata.Unavailable());
        var stream = await context.StartAsync();
        var append = context.AppendAsync(stream, (1, context.CreateBatch()));

        for (var i = 0; i < 30 && !append.IsCompleted; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(ErrorCode.KafkaStorageError, (await append.WaitAsync(WriterTestContext.LongEnough)).Error);
        context.Metadata.BeforeCommit = null;
        await context.Loop.RunOnceAsync(TestContext.Current.CancellationToken);
        Assert.Equal(
            0, await context.AppendOneAsync(context.Appends.OpenStream("test"), 1, context.CreateBatch()));
        Assert.Single(context.Metadata.Committed);
    }

    [Fact]
    public async Task An_answer_that_makes_no_sense_ends_the_epoch_and_not_the_process()
    {
        await using var context = new WriterTestContext();
        context.Metadata.AfterCommit = (_, reply) =>
        {
            reply.Results.Clear();
            return Task.CompletedTask;
        };
        var stream = await context.StartAsync();

        var result = await context.AppendAsync(stream, (1, context.CreateBatch())).WaitAsync(WriterTestContext.LongEnough);

        Assert.Equal(ErrorCode.KafkaStorageError, result.Error);
        context.Metadata.AfterCommit = null;
        await context.Loop.RunOnceAsync(TestContext.Current.CancellationToken);
        Assert.True(context.Appends.IsOpen);
    }
}
