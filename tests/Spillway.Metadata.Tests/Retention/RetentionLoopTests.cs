using Spillway.Metadata.Tests.Log;
using Spillway.Rpc.Commit;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Tests.Retention;

/// <summary>The leader's rounds.</summary>
public sealed class RetentionLoopTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_topic_keeps_what_its_own_configs_say()
    {
        var context = await new NodeContext().StartAsync();
        await CreateAsync(context, "short", ("retention.ms", "60000"));
        await CreateAsync(context, "default");
        await CreateAsync(context, "small", ("retention.bytes", "150"));
        await CreateAsync(context, "compacted", ("retention.ms", "60000"), ("cleanup.policy", "compact"));
        await CreateAsync(context, "both", ("retention.ms", "60000"), ("cleanup.policy", "compact,delete"));
        await AppendAsync(context, [1, 2, 3, 4, 5], blocks: 3);

        context.Time.Advance(Interval);
        await RunAsync(context);

        Assert.Equal([3, 0, 1, 0, 3], Starts(context));
    }

    [Fact]
    public async Task A_round_takes_in_all_partitions_and_costs_nothing_where_nothing_is_old()
    {
        var context = await new NodeContext().StartAsync();
        await CreateAsync(context, "t", ("retention.ms", "60000"), partitions: 1_000);
        await AppendAsync(context, [1, 257, 600, 1_000], blocks: 1);
        var before = context.ReplicatedLog.Proposals;
        context.Time.Advance(TimeSpan.FromSeconds(30));
        await RunAsync(context);
        Assert.Equal(before, context.ReplicatedLog.Proposals);

        context.Time.Advance(Interval);
        await RunAsync(context);

        Assert.Equal(4, Starts(context).Count(static start => start == 1));
        Assert.InRange(context.ReplicatedLog.Proposals - before, 1, 4);
    }

    [Fact]
    public async Task The_next_round_waits_for_the_interval()
    {
        var context = await new NodeContext().StartAsync();
        await CreateAsync(context, "t", ("retention.ms", "1000"));
        context.Time.Advance(Interval);
        await RunAsync(context);
        await AppendAsync(context, [1], blocks: 1);

        context.Time.Advance(Interval - TimeSpan.FromMilliseconds(1));
        await RunAsync(context);
        Assert.Equal([0], Starts(context));

        context.Time.Advance(TimeSpan.FromMilliseconds(1));
        await RunAsync(context);
        Assert.Equal([1], Starts(context));
    }

    [Fact]
    public async Task A_node_that_does_not_lead_leaves_it_to_the_leader()
    {
        var context = await new NodeContext().StartAsync();
        await CreateAsync(context, "t", ("retention.ms", "1000"));
        await AppendAsync(context, [1], blocks: 1);
        context.ReplicatedLog.Lead(false);

        context.Time.Advance(Interval);
        await RunAsync(context);

        Assert.Equal([0], Starts(context));
    }

    private static long[] Starts(NodeContext context) => context.Node.Read(state => Enumerable
        .Range(1, (int)state.Topics.LastLogId).Select(id => state.Topics.FindLog(id)!.LogStartOffset).ToArray());

    private static async Task RunAsync(NodeContext context)
    {
        while (await context.Retention.RunOnceAsync(Ct))
        {
        }
    }

    private static async Task CreateAsync(
        NodeContext context, string name, (string Key, string Value)? config = null, (string Key, string Value)? other = null, int partitions = 1)
    {
        var topic = new NewTopic { Name = name, Partitions = partitions, ReplicationFactor = 1 };
        foreach (var (key, value) in new[] { config, other }.OfType<(string Key, string Value)>())
        {
            topic.Configs.Add(key, value);
        }

        var result = await context.Admin.CreateTopicsAsync(new CreateTopicsCall { Topics = { topic } }, Ct);
        Assert.Equal(0, result.Topics[0].ErrorCode);
    }

    /// <summary>One record of 100 bytes to each of these logs in each block, with the clock's time.</summary>
    private static async Task AppendAsync(NodeContext context, long[] logs, int blocks)
    {
        var writer = await context.RegisterAsync();
        var segment = await context.Node.ProposeAsync<OpenSegmentReply>(
            new Command
            {
                OpenSegment = new OpenSegmentRequest
                {
                    WriterId = writer.NodeId, WriterEpoch = writer.Epoch, Volume = "v", RequestToken = "t",
                },
            },
            Ct);
        for (var seq = 1; seq <= blocks; seq++)
        {
            var block = new CommitBlockRequest
            {
                WriterId = writer.NodeId, WriterEpoch = writer.Epoch, SegmentId = segment.SegmentId, BlockSeq = seq,
            };
            block.Batches.AddRange(logs.Select((log, i) => new BatchCommit
            {
                LogId = log,
                Position = (seq * 1_000_000) + (i * 1_000),
                Length = 100,
                RecordCount = 1,
                MaxTimestamp = context.Time.GetUtcNow().ToUnixTimeMilliseconds(),
                ProducerId = -1,
            }));
            await context.Node.ProposeAsync<BlockOutcome>(new Command { CommitBlock = block }, Ct);
        }
    }
}
