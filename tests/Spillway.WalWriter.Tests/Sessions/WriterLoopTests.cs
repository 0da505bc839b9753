using Spillway.Kafka.Errors;
using Spillway.Testing;
using Spillway.WalWriter.Tests.Load;
using Xunit;

namespace Spillway.WalWriter.Tests.Sessions;

public sealed class WriterLoopTests
{
    [Fact]
    public async Task A_drain_leaves_nothing_unanswered_and_nothing_open()
    {
        await using var context = new WriterTestContext();
        var stream = await context.StartAsync();
        var appends = Enumerable.Range(0, 500)
            .Select(i => context.AppendOneAsync(stream, 1 + (i % 5), context.CreateBatch(i * 10)))
            .ToArray();

        await context.Loop.DrainAsync(TestContext.Current.CancellationToken).WaitAsync(WriterTestContext.LongEnough);

        await Task.WhenAll(appends).WaitAsync(WriterTestContext.LongEnough);
        Assert.Equal(500, context.Metadata.Committed.Count);
        Assert.All(context.Metadata.Segments.Values, s => Assert.True(s.IsSealed));
        Assert.Equal(1, context.Metadata.DeregisteredCount);
        Assert.Equal(0, context.Pool.RentedBytes);
        Assert.Equal(
            ErrorCode.NotLeaderOrFollower, (await context.AppendAsync(stream, (1, context.CreateBatch()))).Error);
        Assert.False(await context.Loop.RunOnceAsync(TestContext.Current.CancellationToken));
        Assert.False(context.Appends.IsOpen);
    }

    [Fact]
    public async Task A_drain_that_runs_out_of_time_answers_the_rest_retriably()
    {
        await using var context = new WriterTestContext();
        context.Metadata.BeforeCommit = _ => new TaskCompletionSource().Task;
        var stream = await context.StartAsync();
        var append = context.AppendAsync(stream, (1, context.CreateBatch()));
        await WriterTestContext.UntilAsync(() => context.Metadata.Requests.Count == 1, "the block was proposed");
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));

        await context.Loop.DrainAsync(soon.Token).WaitAsync(WriterTestContext.LongEnough);

        Assert.Equal(ErrorCode.NotLeaderOrFollower, (await append).Error);
        Assert.Equal(0, context.Metadata.DeregisteredCount);
    }

    [Fact]
    public async Task A_registration_that_fails_is_tried_again()
    {
        await using var context = new WriterTestContext();
        context.Metadata.BeforeRegister = () => Task.FromException(FakeMetadata.Unavailable());

        Assert.False(await context.Loop.RunOnceAsync(TestContext.Current.CancellationToken));
        Assert.NotNull(await context.Loop.FindReasonNotReadyAsync(TestContext.Current.CancellationToken));
        context.Metadata.BeforeRegister = null;
        await context.Loop.RunOnceAsync(TestContext.Current.CancellationToken);

        Assert.Null(await context.Loop.FindReasonNotReadyAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_lease_that_was_lost_is_noticed_at_its_renewal()
    {
        var time = new ManualTimeProvider();
        await using var context = new WriterTestContext(time: time);

        // With its segments open it has nothing else to ask of metadata, so only the renewal can tell it.
        await context.StartWithSegmentsAsync();
        context.Metadata.Fence();

        await context.Loop.RunOnceAsync(TestContext.Current.CancellationToken);
        Assert.False(context.Loop.Session!.Ended.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(4));
        Assert.True(await context.Loop.RunOnceAsync(TestContext.Current.CancellationToken));
        await context.Loop.RunOnceAsync(TestContext.Current.CancellationToken);

        Assert.Equal(3, context.Loop.Session!.Identity.WriterEpoch);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task With_random_faults_what_was_acknowledged_is_there_once_and_in_order(int seed)
    {
        await using var run = new RandomFaultRun(seed);
        await run.RunAsync();
    }

    [Fact]
    public async Task With_random_faults_of_a_new_seed_the_same_holds()
    {
        await using var run = new RandomFaultRun(Environment.TickCount & 0xFFFFFF);
        await run.RunAsync();
    }
}
