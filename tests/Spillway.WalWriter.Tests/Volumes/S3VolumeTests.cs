using Spillway.Kafka.Errors;
using Spillway.Rpc.Append;
using Spillway.Storage.Objects;
using Spillway.Testing;
using Spillway.Testing.Objects;
using Spillway.WalWriter.Sessions;
using Xunit;

namespace Spillway.WalWriter.Tests.Volumes;

/// <summary>A volume in the object store: what a block is there, and what becomes of it when the store fails.</summary>
public sealed class S3VolumeTests
{
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(250);

    [Fact]
    public async Task Appends_gather_until_the_oldest_has_waited_long_enough()
    {
        var time = new ManualTimeProvider();
        await using var context = new WriterTestContext(WriterTestContext.CreateObjectOptions(Linger), time);
        var stream = await StartAsync(context);

        var first = context.AppendOneAsync(stream, 1, context.CreateBatch());
        time.Advance(TimeSpan.FromMilliseconds(200));
        var second = context.AppendOneAsync(stream, 1, context.CreateBatch());
        time.Advance(TimeSpan.FromMilliseconds(49));
        Assert.Equal(0, context.Loop.Session!.Pipeline.UnresolvedCount);
        time.Advance(TimeSpan.FromMilliseconds(1));
        await Task.WhenAll(first, second);

        Assert.Single(BlockKeys(context));
        Assert.Single(context.Metadata.Requests);
        Assert.Equal([1L, 1L], context.Metadata.Committed.Select(batch => batch.BlockSeq));
    }

    [Theory]
    [InlineData(1, 70_000)]
    [InlineData(3, 25_000)]
    public async Task A_full_block_waits_for_nothing(int batchCount, int bodyBytes)
    {
        // The clock stands still: whatever is answered was not waited for.
        var time = new ManualTimeProvider();
        await using var context = new WriterTestContext(
            WriterTestContext.CreateObjectOptions(Linger, blockBytes: 64 << 10), time);
        var stream = await StartAsync(context);

        await context.AppendAsync(
            stream, [.. Enumerable.Range(0, batchCount).Select(_ => (1L, context.CreateBatch(bodyBytes)))])
            .WaitAsync(WriterTestContext.LongEnough);

        Assert.Single(BlockKeys(context));
    }

    [Fact]
    public async Task A_drain_waits_for_nothing()
    {
        var time = new ManualTimeProvider();
        await using var context = new WriterTestContext(WriterTestContext.CreateObjectOptions(Linger), time);
        var stream = await StartAsync(context);

        var append = context.AppendOneAsync(stream, 1, context.CreateBatch());
        await context.Loop.DrainAsync(TestContext.Current.CancellationToken).WaitAsync(WriterTestContext.LongEnough);

        Assert.Equal(0, await append);
        Assert.All(context.Metadata.Segments.Values, segment => Assert.True(segment.IsSealed));
    }

    [Fact]
    public async Task Blocks_are_put_side_by_side_and_committed_in_order()
    {
        await using var context = new WriterTestContext(
            WriterTestContext.CreateObjectOptions(TimeSpan.Zero, blockBytes: 64 << 10, parallelPuts: 3));
        var stream = await StartAsync(context);
        var isFirstHeld = new TaskCompletionSource();
        var mayGoOn = new TaskCompletionSource();
        context.Store.BeforeRequest = (kind, key) =>
        {
            if (kind == ObjectRequestKind.Put && key.EndsWith("/0000000001", StringComparison.Ordinal))
            {
                isFirstHeld.TrySetResult();
                return mayGoOn.Task;
            }

            return Task.CompletedTask;
        };

        var first = context.AppendOneAsync(stream, 1, context.CreateBatch(70_000));
        await isFirstHeld.Task.WaitAsync(WriterTestContext.LongEnough);
        var second = context.AppendOneAsync(stream, 1, context.CreateBatch(70_000));
        var third = context.AppendOneAsync(stream, 1, context.CreateBatch(70_000));
        await WriterTestContext.UntilAsync(() => BlockKeys(context).Count == 2, "the blocks behind the first are stored");

        Assert.Empty(context.Metadata.Requests);
        mayGoOn.SetResult();
        var offsets = await Task.WhenAll(first, second, third);
        Assert.Equal([0L, 1L, 2L], offsets);
        Assert.Equal([1L, 2L, 3L], context.Metadata.Committed.Select(batch => batch.BlockSeq));
    }

    [Theory]
    [InlineData(ObjectFault.NotDone)]
    [InlineData(ObjectFault.DoneButUnanswered)]
    public async Task A_store_that_does_not_answer_for_a_while_costs_nothing_but_time(ObjectFault fault)
    {
        await using var context = new WriterTestContext(WriterTestContext.CreateObjectOptions());
        var stream = await StartAsync(context);
        FailPuts(context, "/0000000001", fault, 2);
        var bytes = context.CreateBatch(1000);

        Assert.Equal(0, await context.AppendOneAsync(stream, 1, bytes));

        var batch = Assert.Single(context.Metadata.Committed);
        Assert.Equal(bytes, context.ReadCommitted(batch));
        Assert.Single(BlockKeys(context));
        Assert.DoesNotContain(context.Metadata.Segments.Values, segment => segment.IsSealed);
    }

    [Theory]
    [InlineData(ObjectFault.Truncated, 1)]
    [InlineData(ObjectFault.NotDone, 3)]
    public async Task A_block_that_cannot_be_put_moves_to_another_segment_under_its_sequence(ObjectFault fault, int faultCount)
    {
        await using var context = new WriterTestContext(WriterTestContext.CreateObjectOptions());
        var stream = await StartAsync(context);
        Assert.Equal(0, await context.AppendOneAsync(stream, 1, context.CreateBatch(500)));
        FailPuts(context, "/0000000002", fault, faultCount);
        var bytes = context.CreateBatch(1000);
        Assert.Equal(1, await context.AppendOneAsync(stream, 1, bytes));

        var (before, moved) = (context.Metadata.Committed[0], context.Metadata.Committed[1]);
        Assert.Equal(bytes, context.ReadCommitted(moved));
        Assert.NotSame(before.Segment, moved.Segment);
        Assert.True(before.Segment.IsSealed);
        Assert.Equal(2, moved.BlockSeq);
        Assert.Equal(1, context.Metadata.Epoch);
    }

    [Fact]
    public async Task A_block_moves_to_a_folder_where_there_is_one()
    {
        await using var context = new WriterTestContext(WriterTestContext.CreateObjectOptions(folderCount: 1));
        var stream = await StartAsync(context);
        FailPuts(context, "/0000000001", ObjectFault.NotDone, 3);
        var bytes = context.CreateBatch(1000);
        await context.AppendOneAsync(stream, 1, bytes);

        var batch = Assert.Single(context.Metadata.Committed);
        Assert.Equal("v1", batch.Segment.Volume);
        Assert.Equal(bytes, context.ReadCommitted(batch));
    }

    [Fact]
    public async Task What_is_put_after_the_end_of_its_epoch_is_never_committed()
    {
        await using var context = new WriterTestContext(WriterTestContext.CreateObjectOptions());
        var stream = await StartAsync(context);
        var isHeld = new TaskCompletionSource();
        var mayGoOn = new TaskCompletionSource();
        context.Store.BeforeRequest = (kind, key) =>
        {
            if (kind == ObjectRequestKind.Put && key.Contains("/1.wal/0000000001", StringComparison.Ordinal))
            {
                isHeld.TrySetResult();
                return mayGoOn.Task;
            }

            return Task.CompletedTask;
        };
        var append = context.AppendAsync(stream, (1, context.CreateBatch(1000)));
        await isHeld.Task.WaitAsync(WriterTestContext.LongEnough);

        context.Metadata.Fence();
        context.Loop.Session!.End(SessionEnd.Fenced);
        Assert.Equal(ErrorCode.NotLeaderOrFollower, (await append.WaitAsync(WriterTestContext.LongEnough)).Error);
        mayGoOn.SetResult();
        await WriterTestContext.UntilAsync(
            () => context.Objects.Keys.Contains("wal/7/1.wal/0000000001"), "the block of the old epoch came late");

        await context.Loop.RunOnceAsync(TestContext.Current.CancellationToken);
        var next = await StartAsync(context);
        Assert.Equal(0, await context.AppendOneAsync(next, 1, context.CreateBatch()));
        Assert.NotEqual("7/1.wal", Assert.Single(context.Metadata.Committed).Segment.Path);
    }

    /// <summary>
    /// Goal: whatever the store does, each append is answered once, in order, and its bytes are where the commit says. Method: a stream of
    /// appends while a third of all requests fail, half of them after they were done.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_store_that_fails_at_random_loses_and_doubles_nothing(int seed)
    {
        await using var context = new WriterTestContext(
            WriterTestContext.CreateObjectOptions(TimeSpan.FromMilliseconds(1), blockBytes: 64 << 10, parallelPuts: 4, segmentBytes: 512 << 10),
            seed: seed);
        var stream = await StartAsync(context);
        context.Store.FailAtRandom(new Random(seed), 0.3);
        var batches = Enumerable.Range(0, 120).Select(_ => context.CreateBatch(context.Random.Next(1, 20_000))).ToArray();

        var offsets = await Task.WhenAll(batches.Select(batch => context.AppendOneAsync(stream, 1, batch)));
        context.Store.FailAtRandom(new Random(seed), 0);

        Assert.Equal(Enumerable.Range(0, batches.Length).Select(i => (long)i), offsets);
        Assert.Equal(batches, context.Metadata.Committed.Select(context.ReadCommitted));
    }

    private static async Task<IAppendStream> StartAsync(WriterTestContext context)
    {
        var stream = await context.StartAsync();
        var slots = context.Loop.Session!.Pipeline.Slots;
        await WriterTestContext.UntilAsync(
            () => slots.All(slot => slot.Next is not null && slot.IdleLanes.Count == slot.Volume.LaneCount), "each volume is ready for blocks");
        return stream;
    }

    /// <summary>Fails the puts of that block alone: the next segment's header is put beside it.</summary>
    private static void FailPuts(WriterTestContext context, string keyEnd, ObjectFault fault, int count) =>
        context.Store.Decide = (kind, key) =>
            kind == ObjectRequestKind.Put && key.EndsWith(keyEnd, StringComparison.Ordinal) && count-- > 0 ? fault : ObjectFault.None;

    private static List<string> BlockKeys(WriterTestContext context) =>
        [.. context.Objects.Keys.Where(key => !key.EndsWith("/0000000000", StringComparison.Ordinal))];
}
