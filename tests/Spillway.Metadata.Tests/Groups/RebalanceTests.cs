using Spillway.Kafka.Errors;
using Spillway.Metadata.Groups;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.Groups;

/// <summary>How generations follow one another: leaves, deaths, assignments, and those who come too late.</summary>
public sealed class RebalanceTests
{
    private readonly GroupTestContext _context = new();

    [Fact]
    public void Everybody_gets_what_the_leader_planned_for_it()
    {
        var members = _context.StableGroup(3);

        Assert.All(members, m => Assert.Equal($"{m.Generation}:{m.Id}", m.Assignment));
        Assert.Single(members.Select(m => m.Generation).Distinct());
    }

    [Fact]
    public void A_group_of_three_goes_on_as_two_when_one_leaves()
    {
        var members = _context.StableGroup(3);
        var generation = members[0].Generation;

        Assert.Equal(ErrorCode.None, members[0].Leave());
        Assert.Equal(ErrorCode.RebalanceInProgress, members[1].Heartbeat());
        _context.Settle(members[1], members[2]);

        Assert.Equal(GroupState.Stable, _context.Core.State);
        Assert.Equal(2, _context.Core.MemberCount);
        Assert.All(members[1..], m => Assert.Equal(generation + 1, m.Generation));
        Assert.Equal(ErrorCode.UnknownMemberId, members[0].Heartbeat());
    }

    [Fact]
    public void The_last_one_to_leave_ends_the_generation_for_good()
    {
        var member = _context.StableGroup(1)[0];

        member.Leave();

        Assert.Equal(GroupState.Empty, _context.Core.State);
        Assert.Equal(2, _context.Core.GenerationId);
        Assert.False(_context.Kept!.HasMembers);
        Assert.Equal(2, _context.Kept.Metadata!.GenerationId);
    }

    [Fact]
    public void A_silent_member_is_gone_after_its_session_timeout_and_not_before()
    {
        var members = _context.StableGroup(2);
        _context.Advance(9_999);
        Assert.Equal(ErrorCode.None, members[1].Heartbeat());
        Assert.Equal(2, _context.Core.MemberCount);

        _context.Advance(1);

        Assert.Equal(1, _context.Core.MemberCount);
        Assert.Equal(ErrorCode.UnknownMemberId, members[0].Heartbeat());
        Assert.Equal(ErrorCode.RebalanceInProgress, members[1].Heartbeat());
    }

    [Fact]
    public void Who_does_not_rejoin_in_time_is_left_behind_though_it_beats()
    {
        var members = _context.StableGroup(2);
        var (leader, other) = members[0].IsLeader ? (members[0], members[1]) : (members[1], members[0]);
        leader.Join();
        for (var i = 0; i < 12; i++)
        {
            Assert.Equal(ErrorCode.RebalanceInProgress, other.Heartbeat());
            _context.Advance(5_000);
        }

        Assert.Single(leader.Joined!.Members);
        Assert.Equal(ErrorCode.UnknownMemberId, other.Heartbeat());
    }

    [Fact]
    public void Who_waits_in_a_rebalance_needs_no_heartbeats()
    {
        var members = _context.StableGroup(2);
        var (leader, other) = members[0].IsLeader ? (members[0], members[1]) : (members[1], members[0]);
        leader.Join();
        for (var i = 0; i < 10; i++)
        {
            other.Heartbeat();
            _context.Advance(5_000);
        }

        Assert.Null(leader.Joined);
        Assert.Equal(2, _context.Core.MemberCount);
    }

    [Fact]
    public void A_new_member_whose_join_lasts_five_minutes_is_told_to_begin_anew()
    {
        var old = new TestMember(_context, null, [("range", "m")]) { RebalanceTimeoutMs = 1_000_000, SessionTimeoutMs = 600_000 };
        _context.Settle(old);
        var late = _context.Member();
        late.Join();

        _context.Advance(300_000);

        Assert.Equal(ErrorCode.UnknownMemberId, late.JoinError);
        Assert.Equal(1, _context.Core.MemberCount);
    }

    [Fact]
    public void When_the_leader_does_not_come_back_another_leads()
    {
        var members = _context.StableGroup(3);
        var leader = members.Single(m => m.IsLeader);
        var others = members.Where(m => m != leader).ToArray();

        leader.Leave();
        _context.Settle(others);

        Assert.Single(others, m => m.IsLeader);
        Assert.Equal(GroupState.Stable, _context.Core.State);
    }

    [Fact]
    public void A_member_that_never_syncs_is_removed_after_the_rebalance_timeout()
    {
        var members = _context.StableGroup(2);
        var leader = members.Single(m => m.IsLeader);
        var other = members.Single(m => m != leader);
        leader.Join();
        other.Join();
        leader.Sync();
        Assert.Equal(ErrorCode.None, leader.SyncError);
        for (var i = 0; i < 12; i++)
        {
            (other.Id, other.Generation) = (other.Joined!.MemberId, other.Joined.GenerationId);
            leader.Heartbeat();
            other.Heartbeat();
            _context.Advance(5_000);
        }

        Assert.Equal(1, _context.Core.MemberCount);
        Assert.Equal(ErrorCode.RebalanceInProgress, leader.Heartbeat());
    }

    [Fact]
    public void A_join_while_assignments_are_awaited_sends_everybody_back()
    {
        var a = _context.Member();
        var b = _context.Member();
        a.Join();
        b.Join();
        a.Id = a.Joined!.MemberId;
        a.Join();
        b.Sync();
        Assert.Null(b.Synced);
        var c = _context.Member();

        c.Join();

        Assert.Equal(ErrorCode.RebalanceInProgress, b.SyncError);
        _context.Settle(a, b, c);
        Assert.Equal(3, _context.Core.MemberCount);
        Assert.Equal(GroupState.Stable, _context.Core.State);
    }

    [Fact]
    public void A_stale_generation_gets_nothing()
    {
        var members = _context.StableGroup(2);
        var stale = members[0].Generation - 1;
        members[0].Generation = stale;

        Assert.Equal(ErrorCode.IllegalGeneration, members[0].Heartbeat());
        Assert.Equal(ErrorCode.IllegalGeneration, members[0].CheckCommit());
        // The member's own memory of the last join is newer than what it is made to say here.
        var again = new TestMember(_context, null, [("range", "m")]) { Id = members[0].Id, Generation = stale };
        again.Sync();
        Assert.Equal(ErrorCode.IllegalGeneration, again.SyncError);
    }

    [Theory]
    [InlineData("range", "consumer", ErrorCode.None)]
    [InlineData("roundrobin", "consumer", ErrorCode.InconsistentGroupProtocol)]
    [InlineData("range", "connect", ErrorCode.InconsistentGroupProtocol)]
    public void A_sync_for_another_protocol_is_refused(string name, string type, ErrorCode expected)
    {
        var member = _context.Member();
        member.Join();

        member.Sync(name, type);

        Assert.Equal(expected, member.SyncError);
    }

    [Fact]
    public void Assignments_are_told_when_they_are_durable_and_not_before()
    {
        _context.HoldsWrites = true;
        var a = _context.Member();
        a.Join();
        a.Sync();
        Assert.Null(a.Synced);
        Assert.Equal(GroupState.CompletingRebalance, _context.Core.State);

        _context.FinishWrites();

        Assert.Equal(ErrorCode.None, a.SyncError);
        Assert.Equal(GroupState.Stable, _context.Core.State);
        Assert.Equal(1, _context.Kept!.Metadata!.GenerationId);
    }

    [Fact]
    public void Assignments_that_could_not_be_kept_are_not_told()
    {
        _context.HoldsWrites = true;
        var a = _context.Member();
        a.Join();
        a.Sync();

        _context.FinishWrites(ErrorCode.NotCoordinator);

        Assert.Equal(ErrorCode.NotCoordinator, a.SyncError);
        Assert.Equal(GroupState.PreparingRebalance, _context.Core.State);
        _context.HoldsWrites = false;
        _context.Settle(a);
        Assert.Equal(2, a.Generation);
        Assert.Equal(GroupState.Stable, _context.Core.State);
    }

    [Fact]
    public void A_plan_that_becomes_durable_after_the_next_rebalance_began_is_told_to_nobody()
    {
        _context.HoldsWrites = true;
        var a = _context.Member();
        var b = _context.Member();
        a.Join();
        a.Sync();
        b.Join();
        Assert.Equal(ErrorCode.RebalanceInProgress, a.SyncError);

        _context.FinishWrites();
        Assert.Equal(GroupState.PreparingRebalance, _context.Core.State);

        _context.HoldsWrites = false;
        _context.Settle(a, b);
        Assert.Equal(GroupState.Stable, _context.Core.State);
        Assert.Equal(2, a.Generation);
        Assert.Equal(2, b.Generation);
    }

    [Fact]
    public void Several_leave_in_one_request_each_with_its_own_outcome()
    {
        var members = _context.StableGroup(2);
        var result = _context.Core.Leave(
            new LeaveGroupCall
            {
                GroupId = "g",
                Members =
                {
                    new LeavingMember { MemberId = members[0].Id },
                    new LeavingMember { MemberId = "ghost" },
                    new LeavingMember { MemberId = "", GroupInstanceId = "nobody" },
                },
            },
            _context.NowMs);

        Assert.Equal(
            [ErrorCode.None, ErrorCode.UnknownMemberId, ErrorCode.UnknownMemberId],
            result.Members.Select(m => (ErrorCode)m.ErrorCode));
        Assert.Equal(1, _context.Core.MemberCount);
    }

    [Fact]
    public void Many_rebalances_in_a_row_end_with_all_in_one_generation()
    {
        var members = new List<TestMember>();
        for (var i = 0; i < 20; i++)
        {
            members.Add(_context.Member());
            members[^1].Join();
            _context.Settle([.. members]);
            Assert.Equal(GroupState.Stable, _context.Core.State);
            Assert.Equal(i + 1, _context.Core.MemberCount);
        }

        Assert.Single(members.Select(m => m.Generation).Distinct());
        Assert.All(members, m => Assert.Equal($"{m.Generation}:{m.Id}", m.Assignment));
    }

    [Fact]
    public void Commits_are_taken_from_members_of_the_generation_that_have_their_partitions()
    {
        var member = _context.Member();
        Assert.Equal(ErrorCode.GroupIdNotFound, new TestMember(_context, null, []) { Id = "x" }.CheckCommit(3));
        Assert.Equal(ErrorCode.None, member.CheckCommit(-1));
        member.Join();
        (member.Id, member.Generation) = (member.Joined!.MemberId, member.Joined.GenerationId);
        Assert.Equal(ErrorCode.RebalanceInProgress, member.CheckCommit());
        member.Sync();
        Assert.Equal(ErrorCode.None, member.CheckCommit());

        Assert.Equal(ErrorCode.UnknownMemberId, _context.Member().CheckCommit(-1));
        Assert.Equal(ErrorCode.UnknownMemberId, new TestMember(_context, null, []) { Id = "x" }.CheckCommit(1));
        Assert.Equal(ErrorCode.IllegalGeneration, member.CheckCommit(2));

        // A rebalance that gathers members is the time to commit before partitions go.
        _context.Member().Join();
        Assert.Equal(ErrorCode.None, member.CheckCommit());
    }

    [Fact]
    public void A_commit_is_a_sign_of_life_when_it_is_taken_and_not_a_transactions()
    {
        var member = _context.StableGroup(1)[0];
        _context.Advance(9_000);
        member.CheckCommit();
        _context.Advance(9_000);
        Assert.Equal(1, _context.Core.MemberCount);

        var call = new CommitOffsetsCall { GroupId = "g", MemberId = member.Id, GenerationId = member.Generation };
        Assert.Equal(ErrorCode.None, _context.Core.CheckCommit(call, _context.NowMs, isTransactional: true));
        _context.Advance(1_000);
        Assert.Equal(0, _context.Core.MemberCount);
    }

    [Fact]
    public void A_restart_keeps_generation_members_and_assignments_and_begins_the_sessions_anew()
    {
        var members = _context.StableGroup(3);
        _context.Advance(9_000);

        _context.Restart();
        _context.Advance(9_000);

        Assert.All(members, m => Assert.Equal(ErrorCode.None, m.Heartbeat()));
        Assert.All(members, m =>
        {
            m.Sync();
            Assert.Equal($"{m.Generation}:{m.Id}", m.Assignment);
        });
        var generation = members[0].Generation;
        members[0].Leave();
        _context.Settle(members[1], members[2]);
        Assert.Equal(generation + 1, members[1].Generation);
    }

    [Fact]
    public void A_restart_of_an_empty_group_goes_on_counting_generations()
    {
        var member = _context.StableGroup(1)[0];
        member.Leave();

        _context.Restart();
        var next = _context.Member();
        next.Join();

        Assert.Equal(3, next.Joined!.GenerationId);
    }
}
