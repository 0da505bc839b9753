using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Groups;

/// <summary>
/// JoinGroup: member ids first (KIP-394, v4), static members (KIP-345, v5), the protocol's type (KIP-559, v7), leaders that need not
/// assign (KIP-814, v9), group.max.size (KIP-389).
/// </summary>
public sealed class JoinGroupTests(BrokerFixture broker)
{
    private static readonly ApiCases<JoinGroupRequest, JoinGroupResponse> Table = new()
    {
        { "an empty group id is INVALID_GROUP_ID", Versions.All, TestMember.JoinOf("", "", "range"), static a => ExpectRefused(a, ErrorCode.InvalidGroupId) },
        {
            "a session below the minimum is INVALID_SESSION_TIMEOUT", Versions.All,
            run => ExpectSessionRefusedAsync(run, BrokerFixture.SessionTimeoutMinMs - 1)
        },
        {
            "a session above the maximum is INVALID_SESSION_TIMEOUT", Versions.All,
            run => ExpectSessionRefusedAsync(run, BrokerFixture.SessionTimeoutMaxMs + 1)
        },
        {
            "a member id that nobody gave out is UNKNOWN_MEMBER_ID", Versions.All, async run =>
                ExpectRefused(await run.AskAsync(TestMember.JoinOf(CaseRun.NewName("group"), "nobody", "range")), ErrorCode.UnknownMemberId)
        },
        {
            "a stranger's id in a group that there is is UNKNOWN_MEMBER_ID", Versions.All, async run =>
            {
                var member = await TestMember.InStableGroupAsync(run);
                ExpectRefused(await run.AskAsync(TestMember.JoinOf(member.GroupId, "nobody", "range")), ErrorCode.UnknownMemberId);
                Assert.Equal(ErrorCode.None, await member.HeartbeatAsync());
            }
        },
        {
            "no protocols are INCONSISTENT_GROUP_PROTOCOL", Versions.All, async run =>
                ExpectRefused(await run.AskAsync(TestMember.JoinOf(CaseRun.NewName("group"), "")), ErrorCode.InconsistentGroupProtocol)
        },
        {
            "no protocol type is INCONSISTENT_GROUP_PROTOCOL", Versions.All, async run =>
            {
                var request = TestMember.JoinOf(CaseRun.NewName("group"), "", "range");
                request.ProtocolType = "";
                ExpectRefused(await run.AskAsync(request), ErrorCode.InconsistentGroupProtocol);
            }
        },
        {
            "another protocol type is INCONSISTENT_GROUP_PROTOCOL", Versions.All, async run =>
            {
                var member = await TestMember.InStableGroupAsync(run);
                var request = TestMember.JoinOf(member.GroupId, "", "range");
                request.ProtocolType = "connect";
                ExpectRefused(await run.AskAsync(request), ErrorCode.InconsistentGroupProtocol);
            }
        },
        {
            "no protocol in common is INCONSISTENT_GROUP_PROTOCOL", Versions.All, async run =>
            {
                var member = await TestMember.InStableGroupAsync(run);
                ExpectRefused(await run.AskAsync(TestMember.JoinOf(member.GroupId, "", "other")), ErrorCode.InconsistentGroupProtocol);
            }
        },
        {
            // KIP-394: only a client that got its id counts, or each of its retries would be another member.
            "a new member is told its id first", Versions.Since(4), async run =>
            {
                var request = TestMember.JoinOf(CaseRun.NewName("group"), "", "range");
                var first = await run.AskAsync(request);
                Expect.Error(ErrorCode.MemberIdRequired, first.ErrorCode);
                Assert.StartsWith("conformance-", first.MemberId, StringComparison.Ordinal);
                Assert.Equal(-1, first.GenerationId);

                request.MemberId = first.MemberId;
                ExpectLeaderAlone(await run.AskAsync(request), run.Version, generationId: 1);
            }
        },
        {
            "a new member of an older version is in at once", Versions.Until(3), async run =>
                ExpectLeaderAlone(await run.AskAsync(TestMember.JoinOf(CaseRun.NewName("group"), "", "range")), run.Version, generationId: 1)
        },
        {
            // KIP-345: its instance id tells a static member's tries apart.
            "a new static member is in at once", Versions.Since(5), async run =>
            {
                var request = TestMember.JoinOf(CaseRun.NewName("group"), "", "range");
                request.GroupInstanceId = "i1";
                var answer = await run.AskAsync(request);
                ExpectLeaderAlone(answer, run.Version, generationId: 1);
                Assert.StartsWith("i1-", answer.MemberId, StringComparison.Ordinal);
                Assert.Equal("i1", answer.Members[0].GroupInstanceId);
            }
        },
        {
            "a static member that comes back gets a new id in the same generation", Versions.Since(5), async run =>
            {
                var member = await TestMember.InStableGroupAsync(run, "i1");
                var request = TestMember.JoinOf(member.GroupId, "", "range");
                request.GroupInstanceId = "i1";
                var answer = await run.AskAsync(request);

                Expect.NoError(answer.ErrorCode);
                Assert.NotEqual(member.MemberId, answer.MemberId);
                Assert.Equal(member.GenerationId, answer.GenerationId);
                // KIP-814: from v9 on the leader knows that it leads, and that it need not assign.
                Assert.Equal(run.Version >= 9 ? answer.MemberId : member.MemberId, answer.Leader);
                Assert.Equal(run.Version >= 9, answer.SkipAssignment);
                Assert.Equal(ErrorCode.FencedInstanceId, await member.HeartbeatAsync());
            }
        },
        {
            "the old id of a static member is FENCED_INSTANCE_ID", Versions.Since(5), async run =>
            {
                var member = await TestMember.InStableGroupAsync(run, "i1");
                var request = TestMember.JoinOf(member.GroupId, "", "range");
                request.GroupInstanceId = "i1";
                Expect.NoError((await run.AskAsync(request)).ErrorCode);

                request.MemberId = member.MemberId;
                ExpectRefused(await run.AskAsync(request), ErrorCode.FencedInstanceId);
            }
        },
        {
            "a full group is GROUP_MAX_SIZE_REACHED", Versions.All, async run =>
            {
                List<TestMember> members = [await TestMember.InStableGroupAsync(run)];
                while (members.Count < BrokerFixture.GroupSizeMax)
                {
                    members.Add(await TestMember.AddAsync(run, members));
                    await members[0].SyncAsync([.. members.Skip(1)]);
                }

                var group = members[0].GroupId;
                var answer = await run.AskAsync(TestMember.JoinOf(group, "", "range"));
                if (answer.ErrorCode == (short)ErrorCode.MemberIdRequired)
                {
                    answer = await run.AskAsync(TestMember.JoinOf(group, answer.MemberId, "range"));
                }

                Expect.Error(ErrorCode.GroupMaxSizeReached, answer.ErrorCode);
            }
        },
        {
            "a leader that joins again begins a generation", Versions.All, async run =>
            {
                var member = await TestMember.InStableGroupAsync(run);
                ExpectLeaderAlone(
                    await run.AskAsync(TestMember.JoinOf(member.GroupId, member.MemberId, "range")), run.Version, member.GenerationId + 1);
            }
        },
        {
            // The protocol that all speak; a member's favourite counts only among those.
            "two members find the protocol that both speak, and the leader alone is told of all", Versions.All, async run =>
            {
                var leader = await TestMember.InStableGroupAsync(run);
                var request = TestMember.JoinOf(leader.GroupId, "", "sticky", "range");
                if (run.Version >= 4)
                {
                    request.MemberId = (await run.AskAsync(request)).MemberId;
                }

                var joining = run.AskAsync(request);
                await leader.WhenAsync(await run.OpenAsync(), "PreparingRebalance");
                Assert.Equal(ErrorCode.RebalanceInProgress, await leader.HeartbeatAsync());
                var led = await leader.JoinAsync();
                var joined = await joining;

                Expect.NoError(joined.ErrorCode);
                Assert.Equal(("range", leader.MemberId, leader.GenerationId), (joined.ProtocolName, joined.Leader, joined.GenerationId));
                Assert.Empty(joined.Members);
                Assert.Equal(
                    [.. new[] { leader.MemberId, joined.MemberId }.Order(StringComparer.Ordinal)],
                    led.Members.Select(static m => m.MemberId).Order(StringComparer.Ordinal));
            }
        },
        {
            "Connect's protocol is as opaque as any", Versions.All, async run =>
            {
                var request = TestMember.JoinOf(CaseRun.NewName("group"), "", "sessioned");
                request.ProtocolType = "connect";
                var answer = await run.AskAsync(request);
                if (run.Version >= 4)
                {
                    request.MemberId = answer.MemberId;
                    answer = await run.AskAsync(request);
                }

                Assert.Equal(run.Version >= 7 ? "connect" : null, answer.ProtocolType);
                Assert.Equal("sessioned", answer.ProtocolName);
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task JoinGroup_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static void ExpectRefused(JoinGroupResponse answer, ErrorCode error)
    {
        Expect.Error(error, answer.ErrorCode);
        Assert.Equal((-1, ""), (answer.GenerationId, answer.Leader));
        Assert.Empty(answer.Members);
    }

    private static async Task ExpectSessionRefusedAsync(CaseRun<JoinGroupRequest, JoinGroupResponse> run, int sessionTimeoutMs)
    {
        var request = TestMember.JoinOf(CaseRun.NewName("group"), "", "range");
        request.SessionTimeoutMs = sessionTimeoutMs;
        ExpectRefused(await run.AskAsync(request), ErrorCode.InvalidSessionTimeout);
    }

    private static void ExpectLeaderAlone(JoinGroupResponse answer, short version, int generationId)
    {
        Expect.NoError(answer.ErrorCode);
        Assert.Equal((generationId, "range", answer.MemberId), (answer.GenerationId, answer.ProtocolName, answer.Leader));
        Assert.Equal(version >= 7 ? TestMember.ProtocolType : null, answer.ProtocolType);
        Assert.False(answer.SkipAssignment);
        var member = Assert.Single(answer.Members);
        Assert.Equal(answer.MemberId, member.MemberId);
        Assert.Equal("range"u8.ToArray(), member.Metadata.ToArray());
    }
}
