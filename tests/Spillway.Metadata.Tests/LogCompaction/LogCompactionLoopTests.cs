using Spillway.Metadata.LogCompaction;
using Spillway.Metadata.Objects;
using Spillway.Metadata.Partitions;
using Spillway.Metadata.Tests.Log;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.LogCompaction;

/// <summary>The leader's rounds.</summary>
public sealed class LogCompactionLoopTests
{
    private static readonly TimeSpan Backoff = TimeSpan.FromSeconds(15);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Compacted_logs_that_are_dirty_enough_are_found_with_what_their_configs_say()
    {
        var context = await new NodeContext().StartAsync();
        await CreateAsync(context, "deleted", []);
        await CreateAsync(context, "clean", [("cleanup.policy", "compact")]);
        await CreateAsync(
            context,
            "both",
            [
                ("cleanup.policy", "compact,delete"), ("min.cleanable.dirty.ratio", "0.1"), ("min.compaction.lag.ms", "1"),
                ("max.compaction.lag.ms", "2"), ("delete.retention.ms", "3"),
            ]);
        AddObject(context, [1, 2, 3]);
        Cleaned(context, 2);

        await RunRoundAsync(context);

        var found = Assert.Single(context.DirtyLogs.Worst);
        Assert.Equal((3, 0.1, 1, 2, 3), (found.LogId, found.MinRatio, found.MinLagMs, found.MaxLagMs, found.DeleteRetentionMs));
        Assert.Equal((128 << 20, 0), (found.KeyBytesMax, found.BytesPerSecond));
    }

    [Fact]
    public async Task Passes_under_way_come_first_and_then_the_dirtiest()
    {
        var context = await new NodeContext().StartAsync();
        await CreateAsync(context, "t", [("cleanup.policy", "compact"), ("min.cleanable.dirty.ratio", "0")], partitions: 600);
        AddObject(context, [5, 300, 301, 599]);
        Cleaned(context, 300);
        AddObject(context, [300, 301]);
        Cleaned(context, 301);
        context.Node.Read(state => state.Topics.FindLog(301)!.Cleaning!.PassEnd = 1);

        await RunRoundAsync(context);

        Assert.Equal([301, 5, 599, 300], context.DirtyLogs.Worst.Select(static log => log.LogId));
    }

    [Fact]
    public async Task Rounds_come_each_backoff_and_only_where_log_compaction_is_enabled()
    {
        var context = await new NodeContext().StartAsync();
        await CreateAsync(context, "t", [("cleanup.policy", "compact")]);
        await RunRoundAsync(context);
        AddObject(context, [1]);

        context.Time.Advance(Backoff - TimeSpan.FromMilliseconds(1));
        await RunRoundAsync(context);
        Assert.Empty(context.DirtyLogs.Worst);

        context.Time.Advance(TimeSpan.FromMilliseconds(1));
        await RunRoundAsync(context);
        Assert.Single(context.DirtyLogs.Worst);

        context.ReplicatedLog.Lead(false);
        await RunRoundAsync(context);
        Assert.Empty(context.DirtyLogs.Worst);

        var disabled = new NodeContext { Settings = { Broker = { ["log.cleaner.enable"] = "false" } } };
        await disabled.StartAsync();
        await CreateAsync(disabled, "t", [("cleanup.policy", "compact")]);
        AddObject(disabled, [1]);
        await RunRoundAsync(disabled);
        Assert.Empty(disabled.DirtyLogs.Worst);
    }

    private static async Task RunRoundAsync(NodeContext context)
    {
        while (await context.LogCompaction.RunOnceAsync(Ct))
        {
        }
    }

    private static async Task CreateAsync(NodeContext context, string name, (string Key, string Value)[] configs, int partitions = 1)
    {
        var topic = new NewTopic { Name = name, Partitions = partitions, ReplicationFactor = 1 };
        foreach (var (key, value) in configs)
        {
            topic.Configs.Add(key, value);
        }

        var result = await context.Admin.CreateTopicsAsync(new CreateTopicsCall { Topics = { topic } }, Ct);
        Assert.Equal(0, result.Topics[0].ErrorCode);
    }

    /// <summary>A record for each log, in one object.</summary>
    private static void AddObject(NodeContext context, long[] logIds) => context.Node.Read(state =>
    {
        var data = new DataObject(++state.Containers.LastObjectId, "k", long.MaxValue) { State = ObjectState.Committed };
        state.Containers.Add(data);
        foreach (var logId in logIds)
        {
            var log = state.Topics.FindLog(logId)!;
            var entry = new BatchIndexEntry(log.NextOffset, log.NextOffset, 1, ContainerKind.Object, data.Id, 0, 100, 0);
            log.Index.Append(entry);
            state.Containers.Reference(log, entry);
            log.NextOffset++;
        }

        return 0;
    });

    private static void Cleaned(NodeContext context, long logId) => context.Node.Read(state =>
        state.Topics.FindLog(logId)!.Cleaning = new CleaningState { CleanedOffset = 1 });
}
