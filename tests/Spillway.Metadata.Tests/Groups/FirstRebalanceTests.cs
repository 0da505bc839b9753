using Spillway.Kafka.Errors;
using Spillway.Metadata.Groups;

namespace Spillway.Metadata.Tests.Groups;

/// <summary>The wait of an empty group for its first members (KIP-134), and what ends it.</summary>
public sealed class FirstRebalanceTests
{
    private readonly GroupTestContext _context = new();

    [Fact]
    public void Without_a_delay_the_first_member_waits_for_no_id_that_was_given_out()
    {
        GiveOutId();
        var second = GiveOutId();

        Assert.Equal(1, second.Join()!.GenerationId);
        Assert.Single(second.Joined!.Members);
    }

    [Fact]
    public void The_delay_ends_though_an_id_was_given_out_and_not_used()
    {
        _context.Limits = GroupLimits.Default;
        GiveOutId();
        var member = GiveOutId();
        Assert.Null(member.Join());

        _context.Advance(3_000);

        Assert.Equal(1, member.Joined!.GenerationId);
    }

    [Fact]
    public void An_id_that_expires_ends_the_wait_of_those_who_are_in()
    {
        _context.Limits = GroupLimits.Default with { InitialRebalanceDelayMs = 60_000 };
        GiveOutId();
        var member = _context.Member();
        member.Join();

        _context.Advance(10_000);

        Assert.Equal(1, member.Joined!.GenerationId);
    }

    [Fact]
    public void A_leave_does_not_end_the_wait()
    {
        _context.Limits = GroupLimits.Default;
        var staying = _context.Member();
        staying.Join();
        var leaving = GiveOutId();
        Assert.Equal(ErrorCode.None, leaving.Leave());

        Assert.Null(staying.Joined);
        _context.Advance(3_000);
        Assert.Equal(1, staying.Joined!.GenerationId);
    }

    [Fact]
    public void A_rebalance_whose_members_have_all_left_still_takes_its_own_protocol_type_only()
    {
        _context.Limits = GroupLimits.Default;
        var first = new TestMember(_context, "i", [("range", "m")]);
        first.Join();
        Assert.Equal(ErrorCode.None, first.Leave(byInstance: true));
        Assert.Equal(GroupState.PreparingRebalance, _context.Core.State);

        var worker = new TestMember(_context, null, [("sessioned", "w")]) { ProtocolType = "connect" };
        worker.Join();
        Assert.Equal(ErrorCode.InconsistentGroupProtocol, worker.JoinError);

        _context.Advance(3_000);
        Assert.Equal(GroupState.Empty, _context.Core.State);
        Assert.Null(worker.Join());
    }

    private TestMember GiveOutId()
    {
        var member = new TestMember(_context, null, [("range", "m")]) { KnowsTwoSteps = true };
        member.Id = member.Join()!.MemberId;
        Assert.Equal(ErrorCode.MemberIdRequired, member.JoinError);
        return member;
    }
}
