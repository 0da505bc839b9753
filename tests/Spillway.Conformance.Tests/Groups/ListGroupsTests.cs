using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Groups;

/// <summary>ListGroups: states (KIP-518, v4) and types (KIP-848, v5) to look for.</summary>
public sealed class ListGroupsTests(BrokerFixture broker)
{
    private static readonly ApiCases<ListGroupsRequest, ListGroupsResponse> Table = new()
    {
        {
            "a group with members, one without, one of offsets alone", Versions.All, async run =>
            {
                var (stable, empty) = (await TestMember.InStableGroupAsync(run), await TestMember.InStableGroupAsync(run));
                await empty.LeaveAsync();
                var simple = CaseRun.NewName("group");
                await OffsetRequests.CommitAsync(run, simple, await run.CreateTopicAsync(), 1);
                var answer = await run.AskAsync(new ListGroupsRequest());

                Expect.NoError(answer.ErrorCode);
                ExpectListed(answer, stable.GroupId, "consumer", "Stable", run.Version);
                ExpectListed(answer, empty.GroupId, "consumer", "Empty", run.Version);
                ExpectListed(answer, simple, "", "Empty", run.Version);
            }
        },
        {
            "a group that was deleted is not listed", Versions.All, async run =>
            {
                var member = await TestMember.InStableGroupAsync(run);
                await member.LeaveAsync();
                await run.AskAsync<DeleteGroupsResponse>(new DeleteGroupsRequest { GroupsNames = { member.GroupId } }, 2);
                Assert.DoesNotContain((await run.AskAsync(new ListGroupsRequest())).Groups, g => g.GroupId == member.GroupId);
            }
        },
        {
            "a state finds its groups, in any case", Versions.Since(4), async run =>
            {
                var (stable, empty) = (await TestMember.InStableGroupAsync(run), await TestMember.InStableGroupAsync(run));
                await empty.LeaveAsync();
                foreach (var state in new[] { "Stable", "stable", "STABLE" })
                {
                    var answer = await run.AskAsync(new ListGroupsRequest { StatesFilter = { state } });
                    Assert.All(answer.Groups, static g => Assert.Equal("Stable", g.GroupState));
                    Assert.Contains(answer.Groups, g => g.GroupId == stable.GroupId);
                    Assert.DoesNotContain(answer.Groups, g => g.GroupId == empty.GroupId);
                }
            }
        },
        {
            "several states find the groups of each", Versions.Since(4), async run =>
            {
                var (stable, empty) = (await TestMember.InStableGroupAsync(run), await TestMember.InStableGroupAsync(run));
                await empty.LeaveAsync();
                var answer = await run.AskAsync(new ListGroupsRequest { StatesFilter = { "Empty", "Stable" } });
                Assert.Equal(2, answer.Groups.Count(g => g.GroupId == stable.GroupId || g.GroupId == empty.GroupId));
            }
        },
        {
            "a state that no group has finds none", Versions.Since(4), new ListGroupsRequest { StatesFilter = { "Dead" } },
            static answer => Assert.Empty(answer.Groups)
        },
        {
            "a type finds its groups, in any case", Versions.Since(5), async run =>
            {
                var member = await TestMember.InStableGroupAsync(run);
                foreach (var type in new[] { "classic", "Classic" })
                {
                    var answer = await run.AskAsync(new ListGroupsRequest { TypesFilter = { type } });
                    Assert.Contains(answer.Groups, g => g.GroupId == member.GroupId);
                    Assert.All(answer.Groups, static g => Assert.Equal("classic", g.GroupType));
                }

                var consumers = await run.AskAsync(new ListGroupsRequest { TypesFilter = { "consumer" } });
                Assert.DoesNotContain(consumers.Groups, g => g.GroupId == member.GroupId);
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task ListGroups_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static void ExpectListed(ListGroupsResponse answer, string group, string protocolType, string state, short version)
    {
        var listed = Assert.Single(answer.Groups, g => g.GroupId == group);
        Assert.Equal(protocolType, listed.ProtocolType);
        Assert.Equal(version >= 4 ? state : "", listed.GroupState);
        Assert.Equal(version >= 5 ? "classic" : "", listed.GroupType);
    }
}
