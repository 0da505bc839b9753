using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Groups;

/// <summary>DescribeGroups: operations (KIP-430, v3), static members (KIP-345, v4), groups that there are not (KIP-1043, v6).</summary>
public sealed class DescribeGroupsTests(BrokerFixture broker)
{
    private static readonly ApiCases<DescribeGroupsRequest, DescribeGroupsResponse> Table = new()
    {
        {
            // Before v6 it is Dead without an error; tools have always read it so.
            "a group that there is not is Dead", Versions.All, async run =>
            {
                var group = CaseRun.NewName("group");
                var answer = Assert.Single((await run.AskAsync(new DescribeGroupsRequest { Groups = { group } })).Groups);

                Expect.Error(run.Version >= 6 ? ErrorCode.GroupIdNotFound : ErrorCode.None, answer.ErrorCode);
                Assert.Equal(run.Version >= 6, !string.IsNullOrEmpty(answer.ErrorMessage));
                Assert.Equal((group, "Dead", "", ""), (answer.GroupId, answer.GroupState, answer.ProtocolType, answer.ProtocolData));
                Assert.Empty(answer.Members);
            }
        },
        { "no groups get no answers", Versions.All, new DescribeGroupsRequest(), static answer => Assert.Empty(answer.Groups) },
        {
            "each group has its own answer", Versions.All, async run =>
            {
                var member = await TestMember.InStableGroupAsync(run);
                var answer = await run.AskAsync(new DescribeGroupsRequest { Groups = { CaseRun.NewName("group"), member.GroupId } });
                Assert.Equal(["Dead", "Stable"], answer.Groups.Select(static g => g.GroupState));
            }
        },
        {
            "a stable group with its members", Versions.All, async run =>
            {
                var member = await TestMember.InStableGroupAsync(run, "i1");
                var answer = Assert.Single((await run.AskAsync(new DescribeGroupsRequest { Groups = { member.GroupId } })).Groups);

                Expect.NoError(answer.ErrorCode);
                Assert.Equal(("Stable", "consumer", "range"), (answer.GroupState, answer.ProtocolType, answer.ProtocolData));
                var one = Assert.Single(answer.Members);
                Assert.Equal((member.MemberId, "conformance", "/127.0.0.1"), (one.MemberId, one.ClientId, one.ClientHost));
                Assert.Equal(run.Version >= 4 ? "i1" : null, one.GroupInstanceId);
                Assert.Equal("range", System.Text.Encoding.UTF8.GetString(one.MemberMetadata.Span));
                Assert.Equal(member.MemberId, System.Text.Encoding.UTF8.GetString(one.MemberAssignment.Span));
            }
        },
        {
            "a group whose leader has yet to assign", Versions.All, async run =>
            {
                var member = new TestMember(await run.OpenAsync(), CaseRun.NewName("group"));
                await member.JoinAsync();
                var answer = Assert.Single((await run.AskAsync(new DescribeGroupsRequest { Groups = { member.GroupId } })).Groups);

                Assert.Equal(("CompletingRebalance", "consumer", ""), (answer.GroupState, answer.ProtocolType, answer.ProtocolData));
                Assert.Equal(0, Assert.Single(answer.Members).MemberAssignment.Length);
            }
        },
        {
            "a group that all have left is Empty", Versions.All, async run =>
            {
                var member = await TestMember.InStableGroupAsync(run);
                await member.LeaveAsync();
                var answer = Assert.Single((await run.AskAsync(new DescribeGroupsRequest { Groups = { member.GroupId } })).Groups);

                Assert.Equal(("Empty", "consumer", ""), (answer.GroupState, answer.ProtocolType, answer.ProtocolData));
                Assert.Empty(answer.Members);
            }
        },
        {
            "a group that has offsets alone is Empty and of no type", Versions.All, async run =>
            {
                var group = CaseRun.NewName("group");
                await OffsetRequests.CommitAsync(run, group, await run.CreateTopicAsync(), 1);
                var answer = Assert.Single((await run.AskAsync(new DescribeGroupsRequest { Groups = { group } })).Groups);

                Expect.NoError(answer.ErrorCode);
                Assert.Equal(("Empty", ""), (answer.GroupState, answer.ProtocolType));
            }
        },
        {
            "a group of nothing but ids that were given out is Empty and of no type (KIP-394)", Versions.All, async run =>
            {
                var group = CaseRun.NewName("group");
                var join = await (await run.OpenAsync()).AskAsync<JoinGroupResponse>(TestMember.JoinOf(group, "", "range"), 9);
                Expect.Error(ErrorCode.MemberIdRequired, join.ErrorCode);
                var answer = Assert.Single((await run.AskAsync(new DescribeGroupsRequest { Groups = { group } })).Groups);

                Expect.NoError(answer.ErrorCode);
                Assert.Equal(("Empty", ""), (answer.GroupState, answer.ProtocolType));
                Assert.Empty(answer.Members);
            }
        },
        {
            "workers' own bytes go through unread, with a reason (KIP-800)", Versions.All, async run =>
            {
                byte[] metadata = [0, 1, 255, 255, 0, 128];
                var wire = await run.OpenAsync();
                var group = CaseRun.NewName("group");
                var join = TestMember.JoinOf(group, "", "sessioned");
                (join.ProtocolType, join.Protocols[0].Metadata, join.Reason) = ("connect", metadata, "it is Monday");
                join.MemberId = (await wire.AskAsync<JoinGroupResponse>(join, 9)).MemberId;
                var joined = await wire.AskAsync<JoinGroupResponse>(join, 9);
                Assert.Equal(metadata, Assert.Single(joined.Members).Metadata.ToArray());
                var sync = new SyncGroupRequest
                {
                    GroupId = group,
                    MemberId = joined.MemberId,
                    GenerationId = joined.GenerationId,
                    ProtocolType = "connect",
                    ProtocolName = "sessioned",
                    Assignments = { new() { MemberId = joined.MemberId, Assignment = metadata.Reverse().ToArray() } },
                };
                Expect.NoError((await wire.AskAsync<SyncGroupResponse>(sync, 5)).ErrorCode);

                var answer = Assert.Single((await run.AskAsync(new DescribeGroupsRequest { Groups = { group } })).Groups);
                Assert.Equal(("Stable", "connect", "sessioned"), (answer.GroupState, answer.ProtocolType, answer.ProtocolData));
                Assert.Equal(metadata, Assert.Single(answer.Members).MemberMetadata.ToArray());
                Assert.Equal(metadata.Reverse(), answer.Members[0].MemberAssignment.ToArray());
            }
        },
        {
            "a group of the consumer protocol is none of these (KIP-1043)", Versions.Since(6), async run =>
            {
                var member = await ConsumerMember.InStableGroupAsync(run, await run.CreateTopicAsync());
                var answer = Assert.Single((await run.AskAsync(new DescribeGroupsRequest { Groups = { member.GroupId } })).Groups);

                Expect.Error(ErrorCode.GroupIdNotFound, answer.ErrorCode);
                Assert.Equal($"Group {member.GroupId} is not a classic group.", answer.ErrorMessage);
            }
        },
        {
            "operations are told where asked for", Versions.Since(3), async run =>
            {
                var request = new DescribeGroupsRequest { Groups = { (await TestMember.InStableGroupAsync(run)).GroupId } };
                Assert.Equal(AllOperations.NotAsked, (await run.AskAsync(request)).Groups[0].AuthorizedOperations);
                request.IncludeAuthorizedOperations = true;
                Assert.Equal(AllOperations.OnGroup, (await run.AskAsync(request)).Groups[0].AuthorizedOperations);
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task DescribeGroups_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);
}
