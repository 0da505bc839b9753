using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Groups;

/// <summary>LeaveGroup: one member, from v3 on many, static ones by their instance ids (KIP-345), with a reason (KIP-800, v5).</summary>
public sealed class LeaveGroupTests(BrokerFixture broker)
{
    private static readonly ApiCases<LeaveGroupRequest, LeaveGroupResponse> Table = new()
    {
        {
            "an empty group id is INVALID_GROUP_ID", Versions.All, async run =>
                Expect.Error(ErrorCode.InvalidGroupId, (await run.AskAsync(Of(run.Version, "", "m"))).ErrorCode)
        },
        {
            "an unknown group is UNKNOWN_MEMBER_ID", Versions.All, async run =>
                Expect.Error(ErrorCode.UnknownMemberId, One(await run.AskAsync(Of(run.Version, CaseRun.NewName("group"), "m")), run.Version))
        },
        {
            "an unknown member is UNKNOWN_MEMBER_ID", Versions.All, async run =>
            {
                var member = await TestMember.InStableGroupAsync(run);
                Expect.Error(ErrorCode.UnknownMemberId, One(await run.AskAsync(Of(run.Version, member.GroupId, "nobody")), run.Version));
                Assert.Equal(ErrorCode.None, await member.HeartbeatAsync());
            }
        },
        {
            "an unknown instance id is UNKNOWN_MEMBER_ID", Versions.Since(3), async run =>
            {
                var member = await TestMember.InStableGroupAsync(run);
                var request = Of(run.Version, member.GroupId, "");
                request.Members[0].GroupInstanceId = "i9";
                var answer = await run.AskAsync(request);

                Expect.NoError(answer.ErrorCode);
                Expect.Error(ErrorCode.UnknownMemberId, answer.Members[0].ErrorCode);
                Assert.Equal("i9", answer.Members[0].GroupInstanceId);
            }
        },
        {
            "another's id under an instance id is FENCED_INSTANCE_ID", Versions.Since(3), async run =>
            {
                var member = await TestMember.InStableGroupAsync(run, "i1");
                var request = Of(run.Version, member.GroupId, "i1-before");
                request.Members[0].GroupInstanceId = "i1";
                Expect.Error(ErrorCode.FencedInstanceId, One(await run.AskAsync(request), run.Version));
            }
        },
        {
            "the last member leaves the group empty", Versions.All, async run =>
            {
                var member = await TestMember.InStableGroupAsync(run);
                Expect.NoError(One(await run.AskAsync(Of(run.Version, member.GroupId, member.MemberId)), run.Version));
                Assert.Equal(ErrorCode.UnknownMemberId, await member.HeartbeatAsync());
                Assert.Equal("Empty", (await member.DescribeAsync(run.Wire)).GroupState);
            }
        },
        {
            "a static member leaves by its instance id alone", Versions.Since(3), async run =>
            {
                var member = await TestMember.InStableGroupAsync(run, "i1");
                var request = Of(run.Version, member.GroupId, "");
                request.Members[0].GroupInstanceId = "i1";
                var answer = await run.AskAsync(request);

                Expect.NoError(answer.Members[0].ErrorCode);
                Assert.Equal(("", "i1"), (answer.Members[0].MemberId, answer.Members[0].GroupInstanceId));
                Assert.Equal("Empty", (await member.DescribeAsync(run.Wire)).GroupState);
            }
        },
        {
            "of many each has its own answer", Versions.Since(3), async run =>
            {
                var member = await TestMember.InStableGroupAsync(run);
                var request = Of(run.Version, member.GroupId, "nobody");
                request.Members.Add(new() { MemberId = member.MemberId });
                var answer = await run.AskAsync(request);

                Expect.NoError(answer.ErrorCode);
                Assert.Equal(["nobody", member.MemberId], answer.Members.Select(static m => m.MemberId));
                Assert.Equal([ErrorCode.UnknownMemberId, ErrorCode.None], answer.Members.Select(static m => (ErrorCode)m.ErrorCode));
            }
        },
        {
            // KIP-394: it has an id but has not joined with it.
            "who was only told its id may leave", Versions.All, async run =>
            {
                var group = CaseRun.NewName("group");
                var told = await run.AskAsync<JoinGroupResponse>(TestMember.JoinOf(group, "", "range"), 4);
                Expect.Error(ErrorCode.MemberIdRequired, told.ErrorCode);
                Expect.NoError(One(await run.AskAsync(Of(run.Version, group, told.MemberId)), run.Version));
                var again = await run.AskAsync<JoinGroupResponse>(TestMember.JoinOf(group, told.MemberId, "range"), 4);
                Expect.Error(ErrorCode.UnknownMemberId, again.ErrorCode);
            }
        },
        {
            "who stays has to join again", Versions.All, async run =>
            {
                var leader = await TestMember.InStableGroupAsync(run);
                var other = await TestMember.AddAsync(run, leader);
                await leader.SyncAsync(other);
                Expect.NoError(One(await run.AskAsync(Of(run.Version, leader.GroupId, leader.MemberId)), run.Version));

                Assert.Equal(ErrorCode.RebalanceInProgress, await other.HeartbeatAsync());
                await other.JoinAsync();
                Assert.True(other.IsLeader);
            }
        },
        {
            "a reason is taken", Versions.Since(5), async run =>
            {
                var member = await TestMember.InStableGroupAsync(run);
                var request = Of(run.Version, member.GroupId, member.MemberId);
                request.Members[0].Reason = "the consumer is being closed";
                Expect.NoError(One(await run.AskAsync(request), run.Version));
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task LeaveGroup_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static LeaveGroupRequest Of(short version, string group, string memberId)
    {
        var request = new LeaveGroupRequest { GroupId = group };
        if (version < 3)
        {
            request.MemberId = memberId;
        }
        else
        {
            request.Members.Add(new() { MemberId = memberId });
        }

        return request;
    }

    // From v3 on a member's error is its own; before, it is the answer's.
    private static short One(LeaveGroupResponse answer, short version)
    {
        if (version < 3)
        {
            return answer.ErrorCode;
        }

        Expect.NoError(answer.ErrorCode);
        return Assert.Single(answer.Members).ErrorCode;
    }
}
