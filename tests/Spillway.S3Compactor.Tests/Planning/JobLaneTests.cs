using Spillway.Rpc.Metadata;
using Spillway.S3Compactor.Planning;
using Spillway.S3Compactor.Sessions;
using Spillway.Storage.Faults;
using Xunit;

namespace Spillway.S3Compactor.Tests.Planning;

/// <summary>Which loop asks for what.</summary>
public sealed class JobLaneTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Every_kind_that_there_is_a_runner_for_is_asked_for_by_one_lane()
    {
        var kinds = Enum.GetValues<JobKind>().Where(static kind => kind != JobKind.Unspecified).ToList();
        var runners = new JobRunners(kinds.Select(static kind => new NoRunner(kind)), NoFailPoints.Instance);
        var (draining, rewriting) = (JobLane.Draining(runners), JobLane.Rewriting(runners));

        Assert.Equal([JobKind.Drain, JobKind.Delete], draining.Kinds);
        Assert.Equal(kinds, draining.Kinds.Concat(rewriting.Kinds).Order());
        Assert.NotEqual(draining.Name, rewriting.Name);
    }

    // In a rolling upgrade compactors may be ahead; metadata then gives drains to whoever asks, and each is worth carrying out.
    [Fact]
    public async Task What_a_lane_did_not_ask_for_is_carried_out_all_the_same()
    {
        using var context = new CompactorTestContext();
        context.Metadata.KnowsNoKinds = true;
        context.AddRandomSegment();
        var session = new CompactorSession();
        var reply = await context.Metadata.RegisterAsync(new RegisterRequest(), Token);
        session.Begin(new CompactorIdentity(reply.NodeId, reply.Epoch, TimeSpan.FromMilliseconds(reply.LeaseMs)));
        var loop = context.CreateLoop(session, NoFailPoints.Instance, new JobLane("rewrites", [JobKind.Merge]));

        await context.RunUntilQuietAsync(loop);

        await context.AssertAllReadableAsync();
        context.AssertDrained();
        Assert.All(context.Metadata.Completions, static completion => Assert.False(completion.Failed));
    }

    private sealed class NoRunner(JobKind kind) : IJobRunner
    {
        public JobKind Kind => kind;

        public Task<JobOutcome> RunAsync(CompactorIdentity identity, Job job, CancellationToken cancellationToken) =>
            Task.FromResult(JobOutcome.Failed);
    }
}
