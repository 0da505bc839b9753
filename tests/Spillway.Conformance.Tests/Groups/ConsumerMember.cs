using Spillway.Conformance.Tests.Cases;
using Spillway.Conformance.Tests.Wire;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Groups;

/// <summary>A member of a group of the consumer protocol: it does what it is told, one heartbeat at a time.</summary>
internal sealed class ConsumerMember(KafkaWire wire, string groupId, string? instanceId = null)
{
    private const short Version = 1;

    public string GroupId => groupId;

    public string MemberId { get; private set; } = Guid.NewGuid().ToString();

    public int MemberEpoch { get; private set; }

    /// <summary>What it owns: partitions of topics by id.</summary>
    public IReadOnlyList<(Guid Topic, int Partition)> Owned { get; private set; } = [];

    /// <summary>A new group whose only member has all it is to have.</summary>
    public static async Task<ConsumerMember> InStableGroupAsync(CaseRun run, TestTopic topic, string? instanceId = null)
    {
        var member = new ConsumerMember(await run.OpenAsync(), CaseRun.NewName("group"), instanceId);
        await member.JoinAsync(topic);
        await member.HeartbeatAsync();
        return member;
    }

    /// <summary>The first heartbeat of a member.</summary>
    public static ConsumerGroupHeartbeatRequest JoinOf(string groupId, string memberId, params string[] topics) => new()
    {
        GroupId = groupId,
        MemberId = memberId,
        MemberEpoch = 0,
        RebalanceTimeoutMs = 30_000,
        SubscribedTopicNames = [.. topics],
        TopicPartitionsValue = [],
    };

    public async Task JoinAsync(TestTopic topic)
    {
        var request = JoinOf(groupId, MemberId, topic.Name);
        request.InstanceId = instanceId;
        Take(await wire.AskAsync<ConsumerGroupHeartbeatResponse>(request, Version));
    }

    /// <summary>Says what it owns and takes over what it is told.</summary>
    public async Task HeartbeatAsync() => Take(await wire.AskAsync<ConsumerGroupHeartbeatResponse>(HeartbeatOf(), Version));

    public ConsumerGroupHeartbeatRequest HeartbeatOf() => new()
    {
        GroupId = groupId,
        MemberId = MemberId,
        MemberEpoch = MemberEpoch,
        InstanceId = instanceId,
        TopicPartitionsValue =
        [
            .. Owned.GroupBy(static p => p.Topic).Select(static topic => new ConsumerGroupHeartbeatRequest.TopicPartitions
            {
                TopicId = topic.Key, Partitions = [.. topic.Select(static p => p.Partition)],
            }),
        ],
    };

    public async Task LeaveAsync()
    {
        var request = new ConsumerGroupHeartbeatRequest { GroupId = groupId, MemberId = MemberId, MemberEpoch = -1 };
        Expect.NoError((await wire.AskAsync<ConsumerGroupHeartbeatResponse>(request, Version)).ErrorCode);
    }

    private void Take(ConsumerGroupHeartbeatResponse answer)
    {
        Assert.True(answer.ErrorCode == 0, $"{(ErrorCode)answer.ErrorCode} {answer.ErrorMessage}");
        (MemberId, MemberEpoch) = (answer.MemberId!, answer.MemberEpoch);
        if (answer.AssignmentValue is { } assignment)
        {
            Owned = [.. assignment.TopicPartitions.SelectMany(static t => t.Partitions.Select(p => (t.TopicId, p)))];
        }
    }
}
