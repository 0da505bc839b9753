using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Groups;

/// <summary>ConsumerGroupHeartbeat: KIP-848; from v1 on clients make their member ids (KIP-1082) and may subscribe by a pattern.</summary>
public sealed class ConsumerGroupHeartbeatTests(BrokerFixture broker)
{
    private static readonly ApiCases<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse> Table = new()
    {
        { "an empty group id is INVALID_REQUEST", Versions.All, run => ExpectFaultAsync(run, static r => r.GroupId = "") },
        { "a blank instance id is INVALID_REQUEST", Versions.All, run => ExpectFaultAsync(run, static r => r.InstanceId = " ") },
        { "a blank rack is INVALID_REQUEST", Versions.All, run => ExpectFaultAsync(run, static r => r.RackId = "") },
        { "a member epoch below -2 is INVALID_REQUEST", Versions.All, run => ExpectFaultAsync(run, static r => r.MemberEpoch = -3) },
        { "no rebalance timeout at the join is INVALID_REQUEST", Versions.All, run => ExpectFaultAsync(run, static r => r.RebalanceTimeoutMs = -1) },
        { "no subscription at the join is INVALID_REQUEST", Versions.All, run => ExpectFaultAsync(run, static r => r.SubscribedTopicNames = null) },
        { "null partitions at the join are INVALID_REQUEST", Versions.All, run => ExpectFaultAsync(run, static r => r.TopicPartitionsValue = null) },
        {
            "partitions that are owned at the join are INVALID_REQUEST", Versions.All,
            run => ExpectFaultAsync(run, static r => r.TopicPartitionsValue = [new() { TopicId = Guid.NewGuid(), Partitions = { 0 } }])
        },
        {
            "an epoch without a member id is INVALID_REQUEST", Versions.All,
            run => ExpectFaultAsync(run, static r => (r.MemberId, r.MemberEpoch) = ("", 3))
        },
        {
            "leaving for a while without an instance id is INVALID_REQUEST", Versions.All, run => ExpectFaultAsync(run, static r => r.MemberEpoch = -2)
        },
        { "a join without a member id is INVALID_REQUEST from v1 on", Versions.Since(1), run => ExpectFaultAsync(run, static r => r.MemberId = "") },
        {
            "an assignor that there is not is UNSUPPORTED_ASSIGNOR", Versions.All, async run =>
            {
                var request = ConsumerMember.JoinOf(CaseRun.NewName("group"), "m", "t");
                request.ServerAssignor = "sticky";
                ExpectRefused(await run.AskAsync(request), ErrorCode.UnsupportedAssignor);
            }
        },
        {
            "a pattern that is none is INVALID_REGULAR_EXPRESSION", Versions.Since(1), async run =>
            {
                var request = ConsumerMember.JoinOf(CaseRun.NewName("group"), "m");
                (request.SubscribedTopicNames, request.SubscribedTopicRegex) = (null, "[a-");
                ExpectRefused(await run.AskAsync(request), ErrorCode.InvalidRegularExpression);
            }
        },
        {
            "a heartbeat to a group that there is not is GROUP_ID_NOT_FOUND", Versions.All, async run =>
            {
                var request = new ConsumerGroupHeartbeatRequest { GroupId = CaseRun.NewName("group"), MemberId = "m", MemberEpoch = 3 };
                ExpectRefused(await run.AskAsync(request), ErrorCode.GroupIdNotFound);
            }
        },
        {
            "leaving a group that there is not is GROUP_ID_NOT_FOUND", Versions.All, async run =>
            {
                var request = new ConsumerGroupHeartbeatRequest { GroupId = CaseRun.NewName("group"), MemberId = "m", MemberEpoch = -1 };
                ExpectRefused(await run.AskAsync(request), ErrorCode.GroupIdNotFound);
            }
        },
        {
            "a stranger is UNKNOWN_MEMBER_ID", Versions.All, async run =>
            {
                var member = await ConsumerMember.InStableGroupAsync(run, await run.CreateTopicAsync());
                var request = member.HeartbeatOf();
                request.MemberId = "nobody";
                ExpectRefused(await run.AskAsync(request), ErrorCode.UnknownMemberId);
            }
        },
        {
            "a stranger that leaves is UNKNOWN_MEMBER_ID", Versions.All, async run =>
            {
                var member = await ConsumerMember.InStableGroupAsync(run, await run.CreateTopicAsync());
                var request = new ConsumerGroupHeartbeatRequest { GroupId = member.GroupId, MemberId = "nobody", MemberEpoch = -1 };
                ExpectRefused(await run.AskAsync(request), ErrorCode.UnknownMemberId);
            }
        },
        {
            "an epoch to come is FENCED_MEMBER_EPOCH", Versions.All, async run =>
            {
                var request = (await ConsumerMember.InStableGroupAsync(run, await run.CreateTopicAsync())).HeartbeatOf();
                request.MemberEpoch += 5;
                ExpectRefused(await run.AskAsync(request), ErrorCode.FencedMemberEpoch);
            }
        },
        {
            "a member that left is UNKNOWN_MEMBER_ID", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                var stays = await ConsumerMember.InStableGroupAsync(run, topic);
                var member = new ConsumerMember(await run.OpenAsync(), stays.GroupId);
                await member.JoinAsync(topic);
                await member.LeaveAsync();
                ExpectRefused(await run.AskAsync(member.HeartbeatOf()), ErrorCode.UnknownMemberId);
            }
        },
        {
            "an instance id that another has is UNRELEASED_INSTANCE_ID", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                var member = await ConsumerMember.InStableGroupAsync(run, topic, "i1");
                var request = ConsumerMember.JoinOf(member.GroupId, "another", topic.Name);
                request.InstanceId = "i1";
                ExpectRefused(await run.AskAsync(request), ErrorCode.UnreleasedInstanceId);
            }
        },
        {
            "a group of another protocol is GROUP_ID_NOT_FOUND", Versions.All, async run =>
            {
                var join = TestMember.JoinOf(CaseRun.NewName("group"), "", "default");
                join.ProtocolType = "connect";
                Expect.NoError((await run.AskAsync<JoinGroupResponse>(join, 0)).ErrorCode);
                ExpectRefused(await run.AskAsync(ConsumerMember.JoinOf(join.GroupId, "m", "t")), ErrorCode.GroupIdNotFound);
            }
        },
        {
            "the first member gets epoch 1 and all partitions", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync(partitionCount: 3);
                var answer = await run.AskAsync(ConsumerMember.JoinOf(CaseRun.NewName("group"), "m", topic.Name));

                Expect.NoError(answer.ErrorCode);
                Assert.Equal(("m", 1, 5000), (answer.MemberId, answer.MemberEpoch, answer.HeartbeatIntervalMs));
                var assigned = Assert.Single(answer.AssignmentValue!.TopicPartitions);
                Assert.Equal(topic.Id, assigned.TopicId);
                Assert.Equal([0, 1, 2], assigned.Partitions.Order());
            }
        },
        {
            "v0 makes the member id where the client has none", Versions.Only(0), async run =>
            {
                var topic = await run.CreateTopicAsync();
                var answer = await run.AskAsync(ConsumerMember.JoinOf(CaseRun.NewName("group"), "", topic.Name));
                Expect.NoError(answer.ErrorCode);
                Assert.False(string.IsNullOrEmpty(answer.MemberId));
            }
        },
        {
            "a topic that there is not is no error and no partition", Versions.All, async run =>
            {
                var answer = await run.AskAsync(ConsumerMember.JoinOf(CaseRun.NewName("group"), "m", CaseRun.NewName()));
                Expect.NoError(answer.ErrorCode);
                Assert.Empty(answer.AssignmentValue?.TopicPartitions ?? []);
            }
        },
        {
            "a heartbeat without news has no assignment", Versions.All, async run =>
            {
                var member = await ConsumerMember.InStableGroupAsync(run, await run.CreateTopicAsync());
                var answer = await run.AskAsync(
                    new() { GroupId = member.GroupId, MemberId = member.MemberId, MemberEpoch = member.MemberEpoch });
                Expect.NoError(answer.ErrorCode);
                Assert.Equal(member.MemberEpoch, answer.MemberEpoch);
                Assert.Null(answer.AssignmentValue);
            }
        },
        {
            // A partition has its new owner only once the old one has said that it let go.
            "partitions go over one by one", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync(partitionCount: 4);
                var first = await ConsumerMember.InStableGroupAsync(run, topic);
                var joined = await run.AskAsync(ConsumerMember.JoinOf(first.GroupId, "second", topic.Name));
                Expect.NoError(joined.ErrorCode);
                Assert.Empty(joined.AssignmentValue?.TopicPartitions ?? []);

                await first.HeartbeatAsync();
                Assert.Equal(2, first.Owned.Count);
                await first.HeartbeatAsync();
                var heartbeat = new ConsumerGroupHeartbeatRequest
                {
                    GroupId = first.GroupId, MemberId = "second", MemberEpoch = joined.MemberEpoch, TopicPartitionsValue = [],
                };
                var answer = await run.AskAsync(heartbeat);
                Assert.Equal(2, Assert.Single(answer.AssignmentValue!.TopicPartitions).Partitions.Count);
                Assert.Empty(answer.AssignmentValue.TopicPartitions[0].Partitions.Intersect(first.Owned.Select(static p => p.Partition)));
            }
        },
        {
            "who leaves is told epoch -1", Versions.All, async run =>
            {
                var member = await ConsumerMember.InStableGroupAsync(run, await run.CreateTopicAsync());
                var answer = await run.AskAsync(new() { GroupId = member.GroupId, MemberId = member.MemberId, MemberEpoch = -1 });
                Expect.NoError(answer.ErrorCode);
                Assert.Equal((member.MemberId, -1), (answer.MemberId, answer.MemberEpoch));
            }
        },
        {
            "a static member that left for a while gets its partitions back", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync(partitionCount: 2);
                var member = await ConsumerMember.InStableGroupAsync(run, topic, "i1");
                var left = await run.AskAsync(
                    new() { GroupId = member.GroupId, MemberId = member.MemberId, InstanceId = "i1", MemberEpoch = -2 });
                Expect.NoError(left.ErrorCode);
                Assert.Equal(-2, left.MemberEpoch);

                var request = ConsumerMember.JoinOf(member.GroupId, "m2", topic.Name);
                request.InstanceId = "i1";
                var answer = await run.AskAsync(request);
                Expect.NoError(answer.ErrorCode);
                Assert.Equal([0, 1], Assert.Single(answer.AssignmentValue!.TopicPartitions).Partitions.Order());
            }
        },
        {
            "the range assignor may be asked for", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync(partitionCount: 2);
                var request = ConsumerMember.JoinOf(CaseRun.NewName("group"), "m", topic.Name);
                request.ServerAssignor = "range";
                var answer = await run.AskAsync(request);
                Assert.Equal([0, 1], Assert.Single(answer.AssignmentValue!.TopicPartitions).Partitions.Order());
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task ConsumerGroupHeartbeat_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static void ExpectRefused(ConsumerGroupHeartbeatResponse answer, ErrorCode error)
    {
        Expect.Error(error, answer.ErrorCode, answer.ErrorMessage);
        Assert.Null(answer.AssignmentValue);
    }

    private static async Task ExpectFaultAsync(
        CaseRun<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse> run, Action<ConsumerGroupHeartbeatRequest> spoil)
    {
        var request = ConsumerMember.JoinOf(CaseRun.NewName("group"), "m", "t");
        spoil(request);
        ExpectRefused(await run.AskAsync(request), ErrorCode.InvalidRequest);
    }
}
