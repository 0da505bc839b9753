using Spillway.Kafka.Errors;
using Spillway.Storage.Wal;
using Spillway.Testing;
using Spillway.Testing.Faults;
using Spillway.WalWriter.Tests.Load;
using Xunit;

namespace Spillway.WalWriter.Tests.Volumes;

/// <summary>A volume whose calls do not come back, as a hard mount's in a failover of its server.</summary>
public sealed class FrozenVolumeTests
{
    private const string FreezeV1 = """{"volume":"v1","fault":"freeze"}""";

    // P5, and the bytes of a call that is pending are not used again.
    [Fact]
    public async Task Its_blocks_are_written_on_another_volume_under_their_sequences()
    {
        var time = new ManualTimeProvider();
        await using var context = new WriterTestContext(WriterTestContext.CreateOptions(volumeCount: 2), time, faults: new FaultScript());
        var stream = await context.StartWithSegmentsAsync();
        await context.AppendOneAsync(stream, 1, context.CreateBatch());
        Assert.Equal("v1", context.Metadata.Committed[0].Segment.Volume);
        context.Faults.Set(FreezeV1);
        byte[][] batches = [context.CreateBatch(5000), context.CreateBatch(), context.CreateBatch()];
        var appends = new List<Task<long>>();
        foreach (var batch in batches)
        {
            var blockCount = context.Loop.Session!.Pipeline.UnresolvedCount;
            appends.Add(context.AppendOneAsync(stream, 1, batch));
            await WriterTestContext.UntilAsync(() => context.Loop.Session.Pipeline.UnresolvedCount > blockCount, "it is in a block");
        }

        time.Advance(TimeSpan.FromSeconds(2));
        Assert.All(appends, append => Assert.False(append.IsCompleted));
        time.Advance(TimeSpan.FromSeconds(3));

        var offsets = await Task.WhenAll(appends).WaitAsync(WriterTestContext.LongEnough);
        Assert.Equal([1, 2, 3], offsets);
        Assert.Equal(batches, context.Metadata.Committed.Skip(1).Select(context.ReadCommitted));
        Assert.All(context.Metadata.Committed.Skip(1), c => Assert.Equal("v2", c.Segment.Volume));
        Assert.Equal([2, 3, 4], context.Metadata.Committed.Skip(1).Select(c => c.BlockSeq));
        Assert.Equal(1, context.Metadata.Epoch);
        Assert.True(context.Metadata.Committed[0].Segment.IsSealed);
        Assert.True(context.Pool.RentedBytes >= 5000, "the frozen calls may still read these bytes");

        context.Faults.Set();
        await WriterTestContext.UntilAsync(() => context.Pool.RentedBytes == 0, "the bytes came back with the calls");

        // What the frozen calls wrote in the end is what was appended, and the volume is used again.
        Assert.All(Walk(context, 0), block => Assert.True(block.IsPayloadIntact));
        Assert.True(Walk(context, 0).Count > 1);
        await context.UntilReadyAsync();
        Assert.Equal(4, await context.AppendOneAsync(stream, 1, context.CreateBatch()));
        Assert.Equal("v1", context.Metadata.Committed[^1].Segment.Volume);
    }

    [Fact]
    public async Task Lanes_of_other_volumes_go_on_and_new_blocks_go_there()
    {
        var time = new ManualTimeProvider();
        await using var context = new WriterTestContext(
            WriterTestContext.CreateOptions(volumeCount: 2, flushThreads: 1), time, faults: new FaultScript());
        var stream = await context.StartWithSegmentsAsync();
        context.Faults.Set(FreezeV1);
        var stuck = context.AppendOneAsync(stream, 1, context.CreateBatch());
        await WriterTestContext.UntilAsync(() => context.Loop.Session!.Pipeline.UnresolvedCount == 1, "it is in a block");

        // Flushed beside the stuck one at once, proposed after it.
        var behind = context.AppendOneAsync(stream, 2, context.CreateBatch());
        await WriterTestContext.UntilAsync(() => context.Memory.Paths.Any(p => HasBlock(context, p)), "it is on the other volume");
        Assert.Empty(context.Metadata.Requests);
        time.Advance(TimeSpan.FromSeconds(4));

        var offsets = await Task.WhenAll(stuck, behind).WaitAsync(WriterTestContext.LongEnough);
        Assert.Equal([0, 0], offsets);
        Assert.Equal([1, 2], context.Metadata.Committed.Select(c => c.BlockSeq));
    }

    // P1: what a call that was given up does in the end says nothing of the place the block has now.
    [Fact]
    public async Task A_write_that_comes_back_late_does_not_make_its_block_durable_elsewhere()
    {
        var time = new ManualTimeProvider();
        await using var context = new WriterTestContext(WriterTestContext.CreateOptions(volumeCount: 2), time);
        var stream = await context.StartWithSegmentsAsync();
        using var first = new ManualResetEventSlim();
        using var second = new ManualResetEventSlim();
        using var secondIsReached = new ManualResetEventSlim();
        context.Files.OnCreate = path =>
        {
            // Else the volume would show by the next segment that it answers, and get the block once more.
            if (path.StartsWith("/v1/", StringComparison.Ordinal))
            {
                first.Wait(WriterTestContext.LongEnough);
            }
        };
        context.Files.OnFlush = path =>
        {
            if (path.StartsWith("/v2/", StringComparison.Ordinal))
            {
                secondIsReached.Set();
                second.Wait(WriterTestContext.LongEnough);
            }
            else
            {
                first.Wait(WriterTestContext.LongEnough);
            }
        };
        var append = context.AppendOneAsync(stream, 1, context.CreateBatch());
        await WriterTestContext.UntilAsync(() => context.Loop.Session!.Pipeline.UnresolvedCount == 1, "it is in a block");
        time.Advance(TimeSpan.FromSeconds(4));
        await WriterTestContext.UntilAsync(() => secondIsReached.IsSet, "it is being written on the other volume");

        first.Set();
        await WriterTestContext.UntilAsync(
            () => context.Loop.Session!.Pipeline.Slots[0].IdleLanes.Count == context.Options.FlushThreads, "the late call came back");
        Assert.Empty(context.Metadata.Requests);
        Assert.False(append.IsCompleted);

        second.Set();
        Assert.Equal(0, await append.WaitAsync(WriterTestContext.LongEnough));
        Assert.Equal("v2", Assert.Single(context.Metadata.Committed).Segment.Volume);
    }

    [Fact]
    public async Task A_single_one_is_waited_for_and_the_lease_is_kept()
    {
        var time = new ManualTimeProvider();
        await using var context = new WriterTestContext(time: time, faults: new FaultScript());
        var stream = await context.StartWithSegmentsAsync();
        await context.AppendOneAsync(stream, 1, context.CreateBatch());
        context.Faults.Set(FreezeV1);
        var append = context.AppendOneAsync(stream, 1, context.CreateBatch());

        for (var second = 0; second < 30; second++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await context.Loop.RunOnceAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(WriterTestContext.LongEnough);
        }

        Assert.False(append.IsCompleted);
        Assert.InRange(context.Metadata.RenewCount, 7, 10);
        context.Faults.Set();

        Assert.Equal(1, await append.WaitAsync(WriterTestContext.LongEnough));
        Assert.Equal(1, context.Metadata.Epoch);
        Assert.Same(context.Metadata.Committed[0].Segment, context.Metadata.Committed[1].Segment);
    }

    // P4 and P6: in time, retriable, and neither threads nor bytes pile up, however often clients try.
    [Fact]
    public async Task A_single_one_that_stays_frozen_fails_appends_in_time_without_end_and_is_used_again()
    {
        var time = new ManualTimeProvider();
        await using var context = new WriterTestContext(
            WriterTestContext.CreateOptions(appendTimeout: TimeSpan.FromSeconds(20)), time, faults: new FaultScript());
        await context.StartWithSegmentsAsync();
        context.Faults.Set(FreezeV1);
        for (var round = 0; round < 10; round++)
        {
            var stream = context.Appends.OpenStream("test");
            var appends = Enumerable.Range(0, 5).Select(_ => context.AppendAsync(stream, (1, context.CreateBatch()))).ToArray();
            if (round == 0)
            {
                await WriterTestContext.UntilAsync(() => context.Loop.Session!.Pipeline.UnresolvedCount > 0, "there is a block");
            }

            for (var second = 0; second < 22; second++)
            {
                time.Advance(TimeSpan.FromSeconds(1));
                await context.Loop.RunOnceAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(WriterTestContext.LongEnough);
            }

            var results = await Task.WhenAll(appends).WaitAsync(WriterTestContext.LongEnough);
            Assert.All(results, r => Assert.True(r.Error is ErrorCode.KafkaStorageError or ErrorCode.NotLeaderOrFollower));
            Assert.True(stream.IsBroken);
            Assert.True(context.Appends.IsOpen);
        }

        // The first epoch had blocks; since then nothing reached a block, and no epoch had to end for it.
        Assert.Equal(2, context.Metadata.Epoch);
        Assert.InRange(context.Pool.RentedBytes, 1, 2 * 5 * 4096);
        context.Faults.Set();

        Assert.Equal(0, await context.AppendOneAsync(context.Appends.OpenStream("test"), 1, context.CreateBatch()));
        await WriterTestContext.UntilAsync(() => context.Pool.RentedBytes == 0, "the bytes came back with the calls");
        Assert.Single(context.Metadata.Committed);
    }

    // A call that is lost alone does not take its volume with it: making the next segment shows that it answers.
    [Fact]
    public async Task A_volume_that_answers_other_calls_is_not_given_up_for_one_that_never_returns()
    {
        var time = new ManualTimeProvider();
        await using var context = new WriterTestContext(WriterTestContext.CreateOptions(volumeCount: 2), time, faults: new FaultScript());
        var stream = await context.StartWithSegmentsAsync();
        await context.AppendOneAsync(stream, 1, context.CreateBatch());
        await context.UntilReadyAsync();
        context.Faults.Set("""{"volume":"v1","fault":"freeze","calls":["flush"],"count":1}""");

        var append = context.AppendOneAsync(stream, 1, context.CreateBatch());
        await WriterTestContext.UntilAsync(() => context.Loop.Session!.Pipeline.UnresolvedCount == 1, "it is in a block");
        time.Advance(TimeSpan.FromSeconds(4));

        Assert.Equal(1, await append.WaitAsync(WriterTestContext.LongEnough));
        await context.UntilReadyAsync(hangingLaneCount: 1);
        Assert.Equal(2, await context.AppendOneAsync(stream, 1, context.CreateBatch()));
        Assert.Equal("v1", context.Metadata.Committed[2].Segment.Volume);
        Assert.NotSame(context.Metadata.Committed[0].Segment, context.Metadata.Committed[2].Segment);
    }

    [Fact]
    public async Task A_drain_closes_nothing_on_the_threads_of_others()
    {
        var time = new ManualTimeProvider();
        await using var context = new WriterTestContext(time: time, faults: new FaultScript());
        var stream = await context.StartWithSegmentsAsync();
        await context.AppendOneAsync(stream, 1, context.CreateBatch());
        context.Faults.Set("""{"volume":"v1","fault":"freeze","calls":["close"]}""");

        await context.Loop.DrainAsync(TestContext.Current.CancellationToken).WaitAsync(WriterTestContext.LongEnough);

        Assert.Equal(1, context.Metadata.DeregisteredCount);
    }

    // The same with real time, a tenth of a failover long: frozen for 3 s of load, and answers within a tenth of the 3 s it may take.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Under_load_nothing_is_lost_and_the_first_answer_comes_soon_after_the_thaw(int volumeCount)
    {
        const int Seed = 7;
        var context = new WriterTestContext(
            WriterTestContext.CreateOptions(
                volumeCount: volumeCount,
                segmentBytes: 256 << 10,
                appendTimeout: TimeSpan.FromSeconds(2),
                stallLimit: TimeSpan.FromMilliseconds(300)),
            seed: Seed,
            faults: new FaultScript());
        await using var _ = context;
        var load = new AppendLoad(context, Seed);
        using var stop = new CancellationTokenSource();
        var running = load.RunAsync(int.MaxValue, stop.Token);
        await WriterTestContext.UntilAsync(() => load.AcknowledgedCount > 200, "the load runs");

        context.Faults.Set("""{"volume":"*","fault":"freeze"}""");
        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
        var thawTicks = Environment.TickCount64;
        var acknowledgedCount = load.AcknowledgedCount;
        context.Faults.Set();
        await WriterTestContext.UntilAsync(() => load.AcknowledgedCount > acknowledgedCount, "appends are answered again");
        var recoveryMs = load.LastAcknowledgedTicks - thawTicks;
        await WriterTestContext.UntilAsync(() => load.AcknowledgedCount > acknowledgedCount + 200, "the load goes on");
        await stop.CancelAsync();
        await running;
        var epoch = context.Metadata.Epoch;
        await context.DisposeAsync();

        context.Memory.LosePower();
        load.Check();
        Assert.InRange(recoveryMs, 0, QuietMachine.Bound(TimeSpan.FromSeconds(3)).TotalMilliseconds);
        Assert.True(load.UnacknowledgedCount > 0, "the freeze was longer than appends wait");
        Assert.InRange(epoch, 2, 3);
        TestContext.Current.TestOutputHelper!.WriteLine($"{load.UnacknowledgedCount} refused, again after {recoveryMs} ms");
    }

    private static bool HasBlock(WriterTestContext context, string path)
    {
        using var walker = WalSegmentWalker.Open(context.Memory, path);
        return walker.Walk().Any();
    }

    private static List<WalSegmentBlock> Walk(WriterTestContext context, int committedIndex)
    {
        var segment = context.Metadata.Committed[committedIndex].Segment;
        using var walker = WalSegmentWalker.Open(context.Memory, $"/{segment.Volume}/{segment.Path}");
        return [.. walker.Walk()];
    }
}
