using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Groups;

/// <summary>Heartbeat: static members from v3 on (KIP-345).</summary>
public sealed class HeartbeatTests(BrokerFixture broker)
{
    private static readonly ApiCases<HeartbeatRequest, HeartbeatResponse> Table = new()
    {
        {
            "an empty group id is INVALID_GROUP_ID", Versions.All, new HeartbeatRequest { MemberId = "m" },
            static answer => Expect.Error(ErrorCode.InvalidGroupId, answer.ErrorCode)
        },
        {
            "an unknown group is UNKNOWN_MEMBER_ID", Versions.All, async run =>
                await ExpectAsync(run, new() { GroupId = CaseRun.NewName("group"), MemberId = "m" }, ErrorCode.UnknownMemberId)
        },
        {
            "an unknown member is UNKNOWN_MEMBER_ID", Versions.All, async run =>
            {
                var request = Of(await TestMember.InStableGroupAsync(run));
                request.MemberId = "nobody";
                await ExpectAsync(run, request, ErrorCode.UnknownMemberId);
            }
        },
        {
            "an old generation is ILLEGAL_GENERATION", Versions.All, async run =>
            {
                var request = Of(await TestMember.InStableGroupAsync(run));
                request.GenerationId--;
                await ExpectAsync(run, request, ErrorCode.IllegalGeneration);
            }
        },
        {
            "another's id under an instance id is FENCED_INSTANCE_ID", Versions.Since(3), async run =>
            {
                var request = Of(await TestMember.InStableGroupAsync(run, "i1"));
                request.MemberId = "i1-before";
                await ExpectAsync(run, request, ErrorCode.FencedInstanceId);
            }
        },
        {
            "an unknown instance id is UNKNOWN_MEMBER_ID", Versions.Since(3), async run =>
            {
                var request = Of(await TestMember.InStableGroupAsync(run));
                request.GroupInstanceId = "i9";
                await ExpectAsync(run, request, ErrorCode.UnknownMemberId);
            }
        },
        { "a member of a stable group is fine", Versions.All, async run => await ExpectAsync(run, Of(await TestMember.InStableGroupAsync(run)), ErrorCode.None) },
        {
            "a member whose leader has yet to assign is fine", Versions.All, async run =>
            {
                var member = new TestMember(await run.OpenAsync(), CaseRun.NewName("group"));
                await member.JoinAsync();
                await ExpectAsync(run, Of(member), ErrorCode.None);
            }
        },
        {
            "while members gather it is REBALANCE_IN_PROGRESS", Versions.All, async run =>
            {
                var leader = await TestMember.InStableGroupAsync(run);
                var joining = new TestMember(await run.OpenAsync(), leader.GroupId).JoinAsync();
                await leader.WhenAsync(await run.OpenAsync(), "PreparingRebalance");

                await ExpectAsync(run, Of(leader), ErrorCode.RebalanceInProgress);
                await leader.LeaveAsync();
                await joining;
            }
        },
        {
            "a member that was silent for its session is UNKNOWN_MEMBER_ID", Versions.All, async run =>
            {
                var member = await TestMember.InStableGroupAsync(run, sessionTimeoutMs: BrokerFixture.SessionTimeoutMinMs);
                await member.WhenAsync(await run.OpenAsync(), "Empty");
                await ExpectAsync(run, Of(member), ErrorCode.UnknownMemberId);
            }
        },
        {
            "a member that left is UNKNOWN_MEMBER_ID", Versions.All, async run =>
            {
                var member = await TestMember.InStableGroupAsync(run);
                await member.LeaveAsync();
                await ExpectAsync(run, Of(member), ErrorCode.UnknownMemberId);
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Heartbeat_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static HeartbeatRequest Of(TestMember member) => new()
    {
        GroupId = member.GroupId, MemberId = member.MemberId, GenerationId = member.GenerationId, GroupInstanceId = member.InstanceId,
    };

    private static async Task ExpectAsync(CaseRun<HeartbeatRequest, HeartbeatResponse> run, HeartbeatRequest request, ErrorCode error) =>
        Expect.Error(error, (await run.AskAsync(request)).ErrorCode);
}
