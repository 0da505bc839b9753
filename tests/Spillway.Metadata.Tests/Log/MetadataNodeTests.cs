using Spillway.Raft;
using Spillway.Rpc;

namespace Spillway.Metadata.Tests.Log;

/// <summary>What callers are told when the log does not take a command, and what the node does about itself.</summary>
public sealed class MetadataNodeTests
{
    [Fact]
    public async Task A_first_start_gives_the_cluster_its_id_and_a_second_keeps_it()
    {
        var context = await new NodeContext().StartAsync();
        var id = context.Node.Read(state => state.ClusterId);

        await context.StartAsync();

        Assert.Equal(16, id.Length);
        Assert.Equal(id, context.Node.Read(state => state.ClusterId));
    }

    [Fact]
    public async Task An_unknown_outcome_is_said_to_be_one_and_the_same_command_settles_it()
    {
        var context = await new NodeContext().StartAsync();
        context.ReplicatedLog.Failure = new ProposalUnknownException("the disk stalled");
        var unknown = await Assert.ThrowsAsync<RpcException>(() => context.RegisterAsync());
        context.ReplicatedLog.Failure = null;

        var settled = await context.RegisterAsync();

        Assert.Equal(RpcStatusCode.DeadlineExceeded, unknown.Code);
        Assert.Equal(1, settled.Epoch);
    }

    [Fact]
    public async Task A_node_that_does_not_lead_says_who_may()
    {
        var context = await new NodeContext().StartAsync();
        context.ReplicatedLog.Lead(false, "http://10.0.0.7:7100");
        context.ReplicatedLog.Failure = new LeadershipLostException("gone", context.ReplicatedLog.Leadership);

        var exception = await Assert.ThrowsAsync<RpcException>(() => context.RegisterAsync());

        Assert.Equal(RpcStatusCode.Unavailable, exception.Code);
        Assert.Contains("http://10.0.0.7:7100", exception.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leadership_lost_with_the_command_taken_is_an_unknown_outcome()
    {
        var context = await new NodeContext().StartAsync();
        context.ReplicatedLog.Failure = new LeadershipLostException("gone", LeadershipState.None, outcomeUnknown: true);

        var exception = await Assert.ThrowsAsync<RpcException>(() => context.RegisterAsync());

        Assert.Equal(RpcStatusCode.DeadlineExceeded, exception.Code);
    }

    [Fact]
    public async Task A_log_that_has_failed_or_is_full_did_not_take_the_command()
    {
        var context = await new NodeContext().StartAsync();
        foreach (ReplicatedLogException failure in new ReplicatedLogException[]
            {
                new LogFailedException("disk"), new LogOverloadedException("full"),
            })
        {
            context.ReplicatedLog.Failure = failure;
            var exception = await Assert.ThrowsAsync<RpcException>(() => context.RegisterAsync());
            Assert.Equal(RpcStatusCode.Unavailable, exception.Code);
        }
    }

    [Fact]
    public async Task A_failed_log_ends_the_process()
    {
        var context = await new NodeContext().StartAsync();
        var failure = new LogFailedException("disk");

        context.ReplicatedLog.Fail(failure);
        while (context.Failure.Exception is null)
        {
            await Task.Yield();
        }

        Assert.Same(failure, context.Failure.Exception);
    }
}
