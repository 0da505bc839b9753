using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Groups;

/// <summary>SyncGroup: static members from v3 on (KIP-345), the protocol has to be said from v5 on (KIP-559).</summary>
public sealed class SyncGroupTests(BrokerFixture broker)
{
    private static readonly ApiCases<SyncGroupRequest, SyncGroupResponse> Table = new()
    {
        {
            "an empty group id is INVALID_GROUP_ID", Versions.All, async run =>
                ExpectRefused(await run.AskAsync(new TestMember(run.Wire, "").SyncOf()), ErrorCode.InvalidGroupId)
        },
        {
            "an unknown group is UNKNOWN_MEMBER_ID", Versions.All, async run =>
                ExpectRefused(await run.AskAsync(new TestMember(run.Wire, CaseRun.NewName("group")).SyncOf()), ErrorCode.UnknownMemberId)
        },
        {
            "an unknown member is UNKNOWN_MEMBER_ID", Versions.All, async run =>
            {
                var request = (await TestMember.InStableGroupAsync(run)).SyncOf();
                request.MemberId = "nobody";
                ExpectRefused(await run.AskAsync(request), ErrorCode.UnknownMemberId);
            }
        },
        {
            "an old generation is ILLEGAL_GENERATION", Versions.All, async run =>
            {
                var request = (await TestMember.InStableGroupAsync(run)).SyncOf();
                request.GenerationId--;
                ExpectRefused(await run.AskAsync(request), ErrorCode.IllegalGeneration);
            }
        },
        {
            "a generation to come is ILLEGAL_GENERATION", Versions.All, async run =>
            {
                var request = (await TestMember.InStableGroupAsync(run)).SyncOf();
                request.GenerationId++;
                ExpectRefused(await run.AskAsync(request), ErrorCode.IllegalGeneration);
            }
        },
        {
            "no protocol type is INCONSISTENT_GROUP_PROTOCOL", Versions.Since(5), async run =>
            {
                var request = (await TestMember.InStableGroupAsync(run)).SyncOf();
                request.ProtocolType = null;
                ExpectRefused(await run.AskAsync(request), ErrorCode.InconsistentGroupProtocol);
            }
        },
        {
            "another protocol is INCONSISTENT_GROUP_PROTOCOL", Versions.Since(5), async run =>
            {
                var request = (await TestMember.InStableGroupAsync(run)).SyncOf();
                request.ProtocolName = "sticky";
                ExpectRefused(await run.AskAsync(request), ErrorCode.InconsistentGroupProtocol);
            }
        },
        {
            "another protocol type is INCONSISTENT_GROUP_PROTOCOL", Versions.Since(5), async run =>
            {
                var request = (await TestMember.InStableGroupAsync(run)).SyncOf();
                request.ProtocolType = "connect";
                ExpectRefused(await run.AskAsync(request), ErrorCode.InconsistentGroupProtocol);
            }
        },
        {
            "another's id under an instance id is FENCED_INSTANCE_ID", Versions.Since(3), async run =>
            {
                var request = (await TestMember.InStableGroupAsync(run, "i1")).SyncOf();
                request.MemberId = "i1-before";
                ExpectRefused(await run.AskAsync(request), ErrorCode.FencedInstanceId);
            }
        },
        {
            "an unknown instance id is UNKNOWN_MEMBER_ID", Versions.Since(3), async run =>
            {
                var request = (await TestMember.InStableGroupAsync(run)).SyncOf();
                request.GroupInstanceId = "i9";
                ExpectRefused(await run.AskAsync(request), ErrorCode.UnknownMemberId);
            }
        },
        {
            "a sync while members gather is REBALANCE_IN_PROGRESS", Versions.All, async run =>
            {
                var leader = await TestMember.InStableGroupAsync(run);
                var other = new TestMember(await run.OpenAsync(), leader.GroupId);
                var joining = other.JoinAsync();
                await leader.WhenAsync(await run.OpenAsync(), "PreparingRebalance");

                ExpectRefused(await run.AskAsync(leader.SyncOf()), ErrorCode.RebalanceInProgress);
                await leader.LeaveAsync();
                await joining;
            }
        },
        {
            "the leader gets what it assigned to itself", Versions.All, async run =>
            {
                var leader = new TestMember(await run.OpenAsync(), CaseRun.NewName("group"));
                await leader.JoinAsync();
                var request = leader.SyncOf();
                request.Assignments.Add(new() { MemberId = leader.MemberId, Assignment = "mine"u8.ToArray() });
                ExpectAssigned(await run.AskAsync(request), "mine", run.Version);
            }
        },
        {
            "a member that was given nothing gets nothing", Versions.All, async run =>
            {
                var leader = new TestMember(await run.OpenAsync(), CaseRun.NewName("group"));
                await leader.JoinAsync();
                ExpectAssigned(await run.AskAsync(leader.SyncOf()), "", run.Version);
            }
        },
        {
            // A client that did not get the answer asks once more.
            "a sync in a stable group gets the same again", Versions.All, async run =>
            {
                var leader = await TestMember.InStableGroupAsync(run);
                ExpectAssigned(await run.AskAsync(leader.SyncOf()), leader.MemberId, run.Version);
                ExpectAssigned(await run.AskAsync(leader.SyncOf()), leader.MemberId, run.Version);
            }
        },
        {
            "a follower waits for the leader", Versions.All, async run =>
            {
                var leader = await TestMember.InStableGroupAsync(run);
                var follower = await TestMember.AddAsync(run, leader);
                var syncing = run.AskAsync(follower.SyncOf());
                Assert.Equal("CompletingRebalance", (await leader.DescribeAsync(await run.OpenAsync())).GroupState);
                await leader.SyncAsync(follower);

                ExpectAssigned(await syncing, follower.MemberId, run.Version);
                Assert.Equal(ErrorCode.None, await leader.HeartbeatAsync());
                Assert.Equal(ErrorCode.None, await follower.HeartbeatAsync());
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task SyncGroup_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static void ExpectRefused(SyncGroupResponse answer, ErrorCode error)
    {
        Expect.Error(error, answer.ErrorCode);
        Assert.Equal(0, answer.Assignment.Length);
    }

    private static void ExpectAssigned(SyncGroupResponse answer, string assignment, short version)
    {
        Expect.NoError(answer.ErrorCode);
        Assert.Equal(assignment, System.Text.Encoding.UTF8.GetString(answer.Assignment.Span));
        Assert.Equal(version >= 5 ? TestMember.ProtocolType : null, answer.ProtocolType);
        Assert.Equal(version >= 5 ? "range" : null, answer.ProtocolName);
    }
}
