using Spillway.Kafka.Errors;
using Spillway.Metadata.ConsumerGroups;
using Spillway.Metadata.Groups;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.ConsumerGroups;

/// <summary>A group at its coordinator with the test's clock and topics, over a state that takes what the group wants kept.</summary>
internal sealed class ConsumerGroupContext
{
    private readonly Queue<GroupWrite> _held = new();
    private int _lastId;

    public StateContext State { get; } = new();

    public FakeGroupTopics Topics { get; } = new();

    public IGroupCore Core { get; private set; } = new GroupCore("g");

    public GroupLimits Limits { get; set; } = GroupLimits.Default with { InitialRebalanceDelayMs = 0 };

    public long NowMs { get; private set; }

    /// <summary>Writes wait for <see cref="FinishWrites"/> instead of being done at once.</summary>
    public bool HoldsWrites { get; set; }

    public int WriteCount { get; private set; }

    public DurableGroup? Kept => State.State.Groups.Find("g");

    public DurableConsumerGroup Consumers => Kept!.Consumer!;

    public string NextId() => $"m{++_lastId}";

    public ConsumerTestMember Member(string topics = "t", string? instanceId = null, string? id = null) =>
        new(this, id ?? NextId(), instanceId) { TopicNames = topics.Split(',', StringSplitOptions.RemoveEmptyEntries) };

    /// <summary>So many that own all partitions of a topic "t" between them.</summary>
    public ConsumerTestMember[] StableGroup(int size, int partitions)
    {
        Topics.Put("t", partitions);
        var members = Enumerable.Range(0, size).Select(_ => Member()).ToArray();
        Settle(members);
        Assert.Equal(ConsumerGroupState.Stable, Consumers.State);
        return members;
    }

    /// <summary>All of them do what clients do until nobody has anything to do.</summary>
    public void Settle(params ConsumerTestMember[] members)
    {
        for (var round = 0; round < 10; round++)
        {
            foreach (var member in members)
            {
                member.Proceed();
            }
        }
    }

    /// <summary>Time passes; what falls due on the way is done at its own moment.</summary>
    public void Advance(long ms)
    {
        var end = NowMs + ms;
        while (Core.NextDeadlineMs <= end)
        {
            NowMs = Math.Max(NowMs, Core.NextDeadlineMs);
            Core.Tick(NowMs);
            Write();
        }

        NowMs = end;
        State.NowMs = 1_000_000 + NowMs;
    }

    public void Write()
    {
        while (Core.Successor is { } successor)
        {
            Core = successor;
        }

        while (Core.TakeWrite() is { } write)
        {
            WriteCount++;
            _held.Enqueue(write);
            if (!HoldsWrites)
            {
                FinishWrites();
            }
        }
    }

    public void FinishWrites(ErrorCode error = ErrorCode.None)
    {
        while (_held.TryDequeue(out var write))
        {
            if (error == ErrorCode.None)
            {
                Assert.True(State.Apply<GroupChangeResult>(write.Change).Accepted);
            }

            write.Done(error, NowMs);
            Write();
        }
    }

    /// <summary>Another leader, by way of a snapshot.</summary>
    public void Restart()
    {
        Core.Abandon(ErrorCode.NotCoordinator);
        _held.Clear();
        State.Restore(State.Snapshot());
        Core = Kept?.Consumer is { } consumer
            ? ConsumerGroupCore.Restore("g", consumer, Topics, Limits, NowMs)
            : GroupCore.Restore("g", Kept?.Metadata, NowMs);
    }

    public ErrorCode CheckCommit(string memberId, int memberEpoch, bool knowsEpochs = true) => Core.CheckCommit(
        new CommitOffsetsCall { GroupId = "g", MemberId = memberId, GenerationId = memberEpoch, KnowsMemberEpochs = knowsEpochs }, NowMs);
}
