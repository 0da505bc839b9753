using Spillway.Kafka.Errors;
using Spillway.Metadata.Groups;

namespace Spillway.Metadata.Tests.Groups;

/// <summary>Who gets into a group, and what it is told.</summary>
public sealed class JoinTests
{
    private readonly GroupTestContext _context = new();

    [Fact]
    public void The_first_member_leads_the_first_generation()
    {
        var member = _context.Member();

        var joined = member.Join();

        Assert.NotNull(joined);
        Assert.Equal(1, joined.GenerationId);
        Assert.Equal(joined.MemberId, joined.Leader);
        Assert.Equal("range", joined.ProtocolName);
        Assert.Equal("consumer", joined.ProtocolType);
        Assert.Equal("m", Assert.Single(joined.Members).Metadata.ToStringUtf8());
        Assert.Equal(GroupState.CompletingRebalance, _context.Core.State);
    }

    [Fact]
    public void A_client_that_knows_two_steps_is_a_member_after_the_second_only()
    {
        var member = new TestMember(_context, null, [("range", "m")]) { KnowsTwoSteps = true };

        var first = member.Join();
        Assert.Equal(ErrorCode.MemberIdRequired, member.JoinError);
        Assert.Equal(0, _context.Core.MemberCount);

        member.Id = first!.MemberId;
        Assert.Equal(1, member.Join()!.GenerationId);
        Assert.Equal(first.MemberId, member.Joined!.MemberId);
    }

    [Fact]
    public void An_id_that_was_given_out_and_not_used_is_forgotten_after_the_session_timeout()
    {
        var member = new TestMember(_context, null, [("range", "m")]) { KnowsTwoSteps = true };
        member.Id = member.Join()!.MemberId;
        Assert.False(_context.Core.IsIdle);

        _context.Advance(10_000);

        Assert.True(_context.Core.IsIdle);
        member.Join();
        Assert.Equal(ErrorCode.UnknownMemberId, member.JoinError);
    }

    [Fact]
    public void A_rebalance_waits_for_an_id_that_was_given_out()
    {
        var old = _context.StableGroup(1)[0];
        var late = new TestMember(_context, null, [("range", "m")]) { KnowsTwoSteps = true };
        late.Id = late.Join()!.MemberId;

        old.Join();
        Assert.Null(old.Joined);
        late.Join();

        Assert.Equal(2, old.Joined!.GenerationId);
        Assert.Equal(2, late.Joined!.GenerationId);
    }

    [Fact]
    public void A_new_group_waits_for_more_members_and_longer_while_they_come()
    {
        _context.Limits = GroupLimits.Default;
        var first = _context.Member();
        var second = _context.Member();
        first.Join();
        _context.Advance(2_000);
        second.Join();
        _context.Advance(2_000);
        Assert.Null(first.Joined);

        _context.Advance(2_000);

        Assert.Equal(1, first.Joined!.GenerationId);
        Assert.Equal(1, second.Joined!.GenerationId);
        Assert.Equal(first.Joined.MemberId, second.Joined.Leader);
        Assert.Equal(2, first.Joined.Members.Count);
        Assert.Empty(second.Joined.Members);
    }

    [Fact]
    public void A_new_group_waits_no_longer_than_the_rebalance_timeout()
    {
        _context.Limits = GroupLimits.Default;
        var first = new TestMember(_context, null, [("range", "m")]) { RebalanceTimeoutMs = 7_000 };
        first.Join();
        for (var second = 1; second < 7; second++)
        {
            _context.Advance(1_000);
            new TestMember(_context, null, [("range", "m")]) { RebalanceTimeoutMs = 7_000 }.Join();
            Assert.Null(first.Joined);
        }

        _context.Advance(2_000);

        Assert.Equal(7, first.Joined!.Members.Count);
    }

    [Theory]
    [InlineData(5_999, ErrorCode.InvalidSessionTimeout)]
    [InlineData(6_000, ErrorCode.None)]
    [InlineData(1_800_000, ErrorCode.None)]
    [InlineData(1_800_001, ErrorCode.InvalidSessionTimeout)]
    public void Session_timeouts_have_limits(int timeoutMs, ErrorCode expected)
    {
        var member = new TestMember(_context, null, [("range", "m")]) { SessionTimeoutMs = timeoutMs };

        member.Join();

        Assert.Equal(expected, member.JoinError);
    }

    [Fact]
    public void A_member_that_the_group_does_not_know_is_told_so()
    {
        var member = _context.Member();
        member.Id = "ghost";

        member.Join();

        Assert.Equal(ErrorCode.UnknownMemberId, member.JoinError);
        Assert.True(_context.Core.IsIdle);
    }

    [Fact]
    public void Without_a_protocol_that_all_speak_nobody_gets_in()
    {
        _context.StableGroup(1);
        var other = _context.Member(null, ("roundrobin", "m"));
        var otherType = new TestMember(_context, null, [("range", "m")]) { ProtocolType = "connect" };
        var none = _context.Member();
        none.Protocols = [];

        other.Join();
        otherType.Join();
        none.Join();

        Assert.All([other, otherType, none], m => Assert.Equal(ErrorCode.InconsistentGroupProtocol, m.JoinError));
        Assert.Equal(GroupState.Stable, _context.Core.State);
    }

    [Fact]
    public void The_protocol_with_most_votes_among_those_that_all_speak_is_taken()
    {
        var a = _context.Member(null, ("x", "1"), ("range", "a"), ("roundrobin", "a"));
        var b = _context.Member(null, ("roundrobin", "b"), ("range", "b"));
        var c = _context.Member(null, ("roundrobin", "c"), ("range", "c"));

        _context.Settle(a, b, c);

        Assert.Equal(GroupState.Stable, _context.Core.State);
        Assert.All([a, b, c], m => Assert.Equal("roundrobin", m.Synced!.ProtocolName));
    }

    [Fact]
    public void A_full_group_takes_nobody_new_and_keeps_those_who_are_in()
    {
        _context.Limits = _context.Limits with { SizeMax = 2 };
        var members = _context.StableGroup(2);
        var third = _context.Member();

        third.Join();
        Assert.Equal(ErrorCode.GroupMaxSizeReached, third.JoinError);

        _context.Settle(members);
        Assert.Equal(GroupState.Stable, _context.Core.State);
        Assert.Equal(2, _context.Core.MemberCount);
    }

    [Fact]
    public void A_smaller_limit_turns_out_who_comes_last_to_the_next_rebalance()
    {
        var members = _context.StableGroup(3);
        _context.Limits = _context.Limits with { SizeMax = 2 };

        foreach (var member in members)
        {
            member.Join();
        }

        Assert.Equal(ErrorCode.GroupMaxSizeReached, members[2].JoinError);
        Assert.Equal(members[0].Generation + 1, members[0].Joined!.GenerationId);
        Assert.Equal(2, members[0].Joined!.Members.Count);
    }

    [Fact]
    public void A_smaller_limit_that_a_new_coordinator_finds_turns_out_who_comes_back_last()
    {
        var members = _context.StableGroup(3);
        _context.Limits = _context.Limits with { SizeMax = 2 };
        _context.Restart();
        Assert.All(members, m => Assert.Equal(ErrorCode.RebalanceInProgress, m.Heartbeat()));

        foreach (var member in members)
        {
            member.Join();
        }

        Assert.Equal(ErrorCode.GroupMaxSizeReached, members[2].JoinError);
        Assert.Equal(2, members[0].Joined!.Members.Count);
    }

    [Fact]
    public void An_id_that_was_given_out_is_not_for_a_static_member()
    {
        var late = new TestMember(_context, null, [("range", "m")]) { KnowsTwoSteps = true };
        late.Join();
        var intruder = new TestMember(_context, "i", [("range", "m")]) { Id = late.Joined!.MemberId };

        intruder.Join();

        Assert.Equal(ErrorCode.UnknownServerError, intruder.JoinError);
        Assert.Equal(0, _context.Core.MemberCount);
        late.Id = late.Joined.MemberId;
        Assert.Equal(1, late.Join()!.GenerationId);
    }

    [Fact]
    public void Who_is_removed_while_it_waits_is_told_to_come_back_without_an_id()
    {
        var members = _context.StableGroup(2);
        members[0].Join();
        Assert.Null(members[0].Joined);

        members[0].Leave();

        Assert.Equal(ErrorCode.UnknownMemberId, members[0].JoinError);
        Assert.Equal("", members[0].Joined!.MemberId);
    }

    [Fact]
    public void A_follower_that_asks_again_with_nothing_new_gets_the_present_generation()
    {
        var members = _context.StableGroup(2);
        var follower = members.Single(m => !m.IsLeader);

        var again = follower.Join();

        Assert.Equal(members[0].Generation, again!.GenerationId);
        Assert.Equal(GroupState.Stable, _context.Core.State);
        Assert.NotNull(follower.Sync());
        Assert.Equal($"{follower.Generation}:{follower.Id}", follower.Assignment);
    }

    [Fact]
    public void A_leader_that_asks_again_begins_a_rebalance()
    {
        var members = _context.StableGroup(2);
        var leader = members.Single(m => m.IsLeader);
        var generation = leader.Generation;

        Assert.Null(leader.Join());
        _context.Settle(members);

        Assert.Equal(GroupState.Stable, _context.Core.State);
        Assert.All(members, m => Assert.Equal(generation + 1, m.Generation));
    }

    [Fact]
    public void A_follower_with_another_subscription_begins_a_rebalance()
    {
        var members = _context.StableGroup(2);
        var follower = members.Single(m => !m.IsLeader);
        follower.Protocols = [("range", "other topics")];

        Assert.Null(follower.Join());
        _context.Settle(members);

        var leader = members.Single(m => m.IsLeader);
        Assert.Contains(leader.Joined!.Members, m => m.Metadata.ToStringUtf8() == "other topics");
    }

    [Fact]
    public void A_join_whose_answer_was_lost_is_answered_once_more()
    {
        var member = _context.Member();
        var first = member.Join()!;
        member.Id = first.MemberId;

        var second = member.Join()!;

        Assert.Equal(first, second);
        Assert.Equal(1, _context.Core.MemberCount);
    }

    [Fact]
    public void A_member_that_joins_twice_in_one_rebalance_is_one_member()
    {
        var members = _context.StableGroup(2);
        var leader = members.Single(m => m.IsLeader);
        leader.Join();
        leader.Join();
        Assert.Null(leader.Joined);

        _context.Settle(members);

        Assert.Equal(2, _context.Core.MemberCount);
        Assert.Equal(GroupState.Stable, _context.Core.State);
    }
}
