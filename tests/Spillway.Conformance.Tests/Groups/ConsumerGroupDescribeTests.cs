using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Groups;

/// <summary>ConsumerGroupDescribe: KIP-848; from v1 on with the kind of each member.</summary>
public sealed class ConsumerGroupDescribeTests(BrokerFixture broker)
{
    private static readonly ApiCases<ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse> Table = new()
    {
        {
            "a group that there is not is GROUP_ID_NOT_FOUND", Versions.All, async run =>
            {
                var group = CaseRun.NewName("group");
                var answer = One(await run.AskAsync(new ConsumerGroupDescribeRequest { GroupIds = { group } }));
                Expect.Error(ErrorCode.GroupIdNotFound, answer.ErrorCode, answer.ErrorMessage);
                Assert.Equal(group, answer.GroupId);
                Assert.Empty(answer.Members);
            }
        },
        {
            // KIP-1043: a client then asks by DescribeGroups.
            "a classic group is GROUP_ID_NOT_FOUND", Versions.All, async run =>
            {
                var member = await TestMember.InStableGroupAsync(run);
                var answer = One(await run.AskAsync(new ConsumerGroupDescribeRequest { GroupIds = { member.GroupId } }));
                Expect.Error(ErrorCode.GroupIdNotFound, answer.ErrorCode, answer.ErrorMessage);
            }
        },
        {
            "an empty group id is INVALID_GROUP_ID", Versions.All, new ConsumerGroupDescribeRequest { GroupIds = { "" } },
            static answer => Expect.Error(ErrorCode.InvalidGroupId, One(answer).ErrorCode)
        },
        { "no groups get no answers", Versions.All, new ConsumerGroupDescribeRequest(), static answer => Assert.Empty(answer.Groups) },
        {
            "a stable group with its member", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync(partitionCount: 2);
                var member = await ConsumerMember.InStableGroupAsync(run, topic, "i1");
                var answer = One(await run.AskAsync(new ConsumerGroupDescribeRequest { GroupIds = { member.GroupId } }));

                Expect.NoError(answer.ErrorCode);
                Assert.Equal(("Stable", 1, 1, "uniform"), (answer.GroupState, answer.GroupEpoch, answer.AssignmentEpoch, answer.AssignorName));
                var one = Assert.Single(answer.Members);
                Assert.Equal((member.MemberId, "i1", 1, "conformance"), (one.MemberId, one.InstanceId, one.MemberEpoch, one.ClientId));
                Assert.Equal([topic.Name], one.SubscribedTopicNames);
                foreach (var assignment in new[] { one.Assignment, one.TargetAssignment })
                {
                    var assigned = Assert.Single(assignment.TopicPartitions);
                    Assert.Equal((topic.Id, topic.Name), (assigned.TopicId, assigned.TopicName));
                    Assert.Equal([0, 1], assigned.Partitions.Order());
                }

                // 1: it speaks the consumer protocol.
                Assert.Equal(run.Version >= 1 ? 1 : -1, one.MemberType);
            }
        },
        {
            "a group that all have left is Empty", Versions.All, async run =>
            {
                var member = await ConsumerMember.InStableGroupAsync(run, await run.CreateTopicAsync());
                await member.LeaveAsync();
                var answer = One(await run.AskAsync(new ConsumerGroupDescribeRequest { GroupIds = { member.GroupId } }));
                Expect.NoError(answer.ErrorCode);
                Assert.Equal("Empty", answer.GroupState);
                Assert.Empty(answer.Members);
            }
        },
        {
            "operations are told where asked for", Versions.All, async run =>
            {
                var member = await ConsumerMember.InStableGroupAsync(run, await run.CreateTopicAsync());
                var request = new ConsumerGroupDescribeRequest { GroupIds = { member.GroupId } };
                Assert.Equal(AllOperations.NotAsked, One(await run.AskAsync(request)).AuthorizedOperations);
                request.IncludeAuthorizedOperations = true;
                Assert.Equal(AllOperations.OnGroup, One(await run.AskAsync(request)).AuthorizedOperations);
            }
        },
        {
            "each group has its own answer", Versions.All, async run =>
            {
                var member = await ConsumerMember.InStableGroupAsync(run, await run.CreateTopicAsync());
                var answer = await run.AskAsync(new ConsumerGroupDescribeRequest { GroupIds = { CaseRun.NewName("group"), member.GroupId } });
                Assert.Equal(
                    [ErrorCode.GroupIdNotFound, ErrorCode.None],
                    answer.Groups.OrderBy(g => g.GroupId == member.GroupId).Select(static g => (ErrorCode)g.ErrorCode));
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task ConsumerGroupDescribe_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static ConsumerGroupDescribeResponse.DescribedGroup One(ConsumerGroupDescribeResponse answer) => Assert.Single(answer.Groups);
}
