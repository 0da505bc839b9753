using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Groups;

/// <summary>DeleteGroups: KIP-229.</summary>
public sealed class DeleteGroupsTests(BrokerFixture broker)
{
    private static readonly ApiCases<DeleteGroupsRequest, DeleteGroupsResponse> Table = new()
    {
        {
            "a group that there is not is GROUP_ID_NOT_FOUND", Versions.All, async run =>
            {
                var group = CaseRun.NewName("group");
                var result = Assert.Single((await run.AskAsync(new DeleteGroupsRequest { GroupsNames = { group } })).Results);
                Expect.Error(ErrorCode.GroupIdNotFound, result.ErrorCode);
                Assert.Equal(group, result.GroupId);
            }
        },
        {
            "a group with members is NON_EMPTY_GROUP", Versions.All, async run =>
            {
                var member = await TestMember.InStableGroupAsync(run);
                var result = Assert.Single((await run.AskAsync(new DeleteGroupsRequest { GroupsNames = { member.GroupId } })).Results);
                Expect.Error(ErrorCode.NonEmptyGroup, result.ErrorCode);
                Assert.Equal(ErrorCode.None, await member.HeartbeatAsync());
            }
        },
        {
            "a group of nothing but ids that were given out goes with them (KIP-394)", Versions.All, async run =>
            {
                var group = CaseRun.NewName("group");
                var wire = await run.OpenAsync();
                var given = await wire.AskAsync<JoinGroupResponse>(TestMember.JoinOf(group, "", "range"), 9);
                Expect.NoError(Assert.Single((await run.AskAsync(new DeleteGroupsRequest { GroupsNames = { group } })).Results).ErrorCode);

                var joined = await wire.AskAsync<JoinGroupResponse>(TestMember.JoinOf(group, given.MemberId, "range"), 9);
                Expect.Error(ErrorCode.UnknownMemberId, joined.ErrorCode);
            }
        },
        {
            "a group that is named twice is answered once", Versions.All, async run =>
            {
                var group = CaseRun.NewName("group");
                await OffsetRequests.CommitAsync(run, group, await run.CreateTopicAsync(), 1);
                var result = Assert.Single((await run.AskAsync(new DeleteGroupsRequest { GroupsNames = { group, group } })).Results);
                Expect.NoError(result.ErrorCode);
            }
        },
        { "no groups get no answers", Versions.All, new DeleteGroupsRequest(), static answer => Assert.Empty(answer.Results) },
        {
            "one bad group leaves the other alone", Versions.All, async run =>
            {
                var (gone, group) = (CaseRun.NewName("group"), CaseRun.NewName("group"));
                await OffsetRequests.CommitAsync(run, group, await run.CreateTopicAsync(), 1);
                var answer = await run.AskAsync(new DeleteGroupsRequest { GroupsNames = { gone, group } });
                Expect.Error(ErrorCode.GroupIdNotFound, answer.Results.Single(r => r.GroupId == gone).ErrorCode);
                Expect.NoError(answer.Results.Single(r => r.GroupId == group).ErrorCode);
            }
        },
        {
            "an empty group goes with its offsets", Versions.All, async run =>
            {
                var member = await TestMember.InStableGroupAsync(run);
                await member.LeaveAsync();
                var topic = await run.CreateTopicAsync();
                await OffsetRequests.CommitAsync(run, member.GroupId, topic, 7);
                var result = Assert.Single((await run.AskAsync(new DeleteGroupsRequest { GroupsNames = { member.GroupId } })).Results);

                Expect.NoError(result.ErrorCode);
                Assert.Equal(-1, (await OffsetRequests.FetchAsync(run, member.GroupId, topic)).CommittedOffset);
                Assert.Equal("Dead", (await member.DescribeAsync(run.Wire)).GroupState);
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task DeleteGroups_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);
}
