using Spillway.Rpc.Commit;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Tests.Log;

/// <summary>What the leader does unasked.</summary>
public sealed class HousekeepingLoopTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_to_do_costs_no_command()
    {
        var context = await new NodeContext().StartAsync();
        await context.RegisterAsync();
        var before = context.ReplicatedLog.Proposals;

        await context.KeepHouseAsync();

        Assert.Equal(before, context.ReplicatedLog.Proposals);
    }

    [Fact]
    public async Task A_lease_that_ran_out_is_ended()
    {
        var context = await new NodeContext().StartAsync();
        var writer = await context.RegisterAsync();
        context.Time.Advance(context.Options.NodeLease);
        await context.KeepHouseAsync();
        Assert.True(context.IsLive(writer));

        context.Time.Advance(TimeSpan.FromMilliseconds(1));
        await context.KeepHouseAsync();

        Assert.False(context.IsLive(writer));
    }

    [Fact]
    public async Task A_new_leader_gives_everybody_a_lease_to_renew()
    {
        var context = await new NodeContext().StartAsync();
        var writer = await context.RegisterAsync();
        context.ReplicatedLog.Lead(false);
        context.Time.Advance(context.Options.NodeLease * 10);
        await context.KeepHouseAsync();
        context.ReplicatedLog.Lead(true);

        context.Time.Advance(context.Options.NodeLease / 2);
        await context.KeepHouseAsync();
        Assert.True(context.IsLive(writer));

        context.Time.Advance(context.Options.NodeLease / 2);
        await context.KeepHouseAsync();
        Assert.False(context.IsLive(writer));
    }

    [Fact]
    public async Task A_deleted_topic_is_taken_away_in_several_commands()
    {
        var context = await new NodeContext().StartAsync();
        await CreateTopicAsync(context, 3_000);
        await context.Admin.DeleteTopicsAsync(new DeleteTopicsCall { Topics = { new TopicReference { Name = "t" } } }, Ct);
        var before = context.ReplicatedLog.Proposals;

        await context.KeepHouseAsync();

        Assert.Equal(0, context.Node.Read(state => state.Topics.LogCount));
        Assert.InRange(context.ReplicatedLog.Proposals - before, 3, 10);
    }

    [Fact]
    public async Task Idle_producers_are_forgotten_after_the_configured_time()
    {
        var context = await new NodeContext().StartAsync();
        await CreateTopicAsync(context, 1);
        var writer = await context.RegisterAsync();
        var segment = await context.Node.ProposeAsync<OpenSegmentReply>(
            new Command
            {
                OpenSegment = new OpenSegmentRequest { WriterId = 1, WriterEpoch = writer.Epoch, Volume = "v", RequestToken = "t" },
            },
            Ct);
        await context.Node.ProposeAsync<BlockOutcome>(
            new Command
            {
                CommitBlock = new CommitBlockRequest
                {
                    WriterId = 1,
                    WriterEpoch = writer.Epoch,
                    SegmentId = segment.SegmentId,
                    BlockSeq = 1,
                    Batches = { new BatchCommit { LogId = 1, Length = 1, RecordCount = 1, ProducerId = 7 } },
                },
            },
            Ct);
        context.Time.Advance(TimeSpan.FromMilliseconds(4_999));
        await context.KeepHouseAsync();
        Assert.Equal(1, context.Node.Read(state => state.Topics.FindLog(1)!.Producers.Count));

        context.Time.Advance(TimeSpan.FromMilliseconds(1));
        await context.KeepHouseAsync();

        Assert.Equal(0, context.Node.Read(state => state.Topics.FindLog(1)!.Producers.Count));
    }

    private static async Task CreateTopicAsync(NodeContext context, int partitions) => await context.Admin.CreateTopicsAsync(
        new CreateTopicsCall { Topics = { new NewTopic { Name = "t", Partitions = partitions, ReplicationFactor = 1 } } }, Ct);
}
