using Spillway.Kafka.Errors;
using Spillway.Metadata.Groups;

namespace Spillway.Metadata.Tests.Groups;

/// <summary>Static members (KIP-345, KIP-814).</summary>
public sealed class StaticMemberTests
{
    private readonly GroupTestContext _context = new();

    [Fact]
    public void A_static_member_that_restarts_gets_its_assignment_back_without_a_rebalance()
    {
        var members = _context.StableGroup(3, "i");
        var generation = members[0].Generation;
        var follower = Array.FindIndex(members, m => !m.IsLeader);
        var before = members[follower].Assignment;

        var restarted = _context.Member($"i{follower}");
        var joined = restarted.Join();

        Assert.NotNull(joined);
        Assert.NotEqual(members[follower].Id, joined.MemberId);
        Assert.Equal(generation, joined.GenerationId);
        restarted.Sync();
        Assert.Equal(before, restarted.Assignment);
        Assert.Equal(GroupState.Stable, _context.Core.State);
        Assert.Equal(ErrorCode.FencedInstanceId, members[follower].Heartbeat());
        Assert.Equal(ErrorCode.FencedInstanceId, members[follower].CheckCommit());
        Assert.Contains(_context.Kept!.Metadata!.Members, m => m.MemberId == joined.MemberId);
        Assert.DoesNotContain(_context.Kept.Metadata.Members, m => m.MemberId == members[follower].Id);
    }

    [Fact]
    public void A_leader_that_restarts_and_knows_no_better_is_not_told_that_it_leads()
    {
        var members = _context.StableGroup(2, "i");
        var leader = Array.FindIndex(members, m => m.IsLeader);

        var joined = _context.Member($"i{leader}").Join()!;

        Assert.Equal(members[leader].Id, joined.Leader);
        Assert.Empty(joined.Members);
        Assert.False(joined.SkipAssignment);
    }

    [Fact]
    public void A_leader_that_restarts_and_can_skip_the_assignment_goes_on_leading()
    {
        var members = _context.StableGroup(2, "i");
        var leader = Array.FindIndex(members, m => m.IsLeader);

        var joined = new TestMember(_context, $"i{leader}", [("range", "m")]) { SkipsAssignment = true }.Join()!;

        Assert.Equal(joined.MemberId, joined.Leader);
        Assert.True(joined.SkipAssignment);
        Assert.Equal(2, joined.Members.Count);
    }

    [Fact]
    public void A_restarted_member_is_told_its_new_id_when_that_is_durable()
    {
        var members = _context.StableGroup(2, "i");
        _context.HoldsWrites = true;
        var restarted = _context.Member("i1");

        Assert.Null(restarted.Join());
        _context.FinishWrites();

        Assert.Equal(ErrorCode.None, restarted.JoinError);
        Assert.Equal(GroupState.Stable, _context.Core.State);
        Assert.Equal(ErrorCode.None, members[0].Heartbeat());
    }

    [Fact]
    public void A_restarted_member_whose_new_id_could_not_be_kept_tries_again()
    {
        _context.StableGroup(2, "i");
        _context.HoldsWrites = true;
        var restarted = _context.Member("i1");
        restarted.Join();
        _context.FinishWrites(ErrorCode.NotCoordinator);
        Assert.Equal(ErrorCode.NotCoordinator, restarted.JoinError);
        _context.HoldsWrites = false;

        Assert.Equal(ErrorCode.None, (ErrorCode)restarted.Join()!.ErrorCode);
        Assert.Equal(2, _context.Core.MemberCount);
    }

    [Fact]
    public void A_restart_that_changes_the_groups_protocol_begins_a_rebalance()
    {
        var a = _context.Member("a", ("range", "m"), ("roundrobin", "m"));
        var b = _context.Member("b", ("range", "m"), ("roundrobin", "m"));
        _context.Settle(a, b);
        var restarted = _context.Member("b", ("roundrobin", "m"));

        Assert.Null(restarted.Join());
        _context.Settle(a, restarted);

        Assert.Equal("roundrobin", _context.Core.ProtocolName);
        Assert.Equal(GroupState.Stable, _context.Core.State);
    }

    [Fact]
    public void A_static_member_that_does_not_rejoin_stays_until_its_session_ends()
    {
        var members = _context.StableGroup(2, "i");
        var silent = new TestMember(_context, "silent", [("range", "m")]) { SessionTimeoutMs = 200_000 };
        silent.Join();
        _context.Settle([.. members, silent]);
        Assert.Equal(3, _context.Core.MemberCount);

        members[0].Join();
        members[1].Join();
        _context.Advance(60_000);

        Assert.Equal(3, members.Single(m => m.IsLeader).Joined!.Members.Count);
        Assert.Equal(3, _context.Core.MemberCount);
    }

    [Fact]
    public void A_restart_in_the_middle_of_a_rebalance_ends_the_old_selfs_wait()
    {
        var members = _context.StableGroup(2, "i");
        var leader = Array.FindIndex(members, m => m.IsLeader);
        members[leader].Join();
        var restarted = _context.Member($"i{leader}");

        restarted.Join();

        Assert.Equal(ErrorCode.FencedInstanceId, members[leader].JoinError);
        _context.Settle(members[1 - leader], restarted);
        Assert.Equal(GroupState.Stable, _context.Core.State);
        Assert.Equal(2, _context.Core.MemberCount);
    }

    [Fact]
    public void A_restart_while_assignments_are_awaited_begins_the_rebalance_anew()
    {
        var members = _context.StableGroup(2, "i");
        var (leader, other) = members[0].IsLeader ? (0, 1) : (1, 0);
        members[leader].Join();
        members[other].Join();
        Assert.Equal(GroupState.CompletingRebalance, _context.Core.State);
        var restarted = _context.Member($"i{other}");

        Assert.Null(restarted.Join());
        members[leader].Sync();

        Assert.Equal(ErrorCode.RebalanceInProgress, members[leader].SyncError);
        _context.Settle(members[leader], restarted);
        Assert.Equal(GroupState.Stable, _context.Core.State);
    }

    [Fact]
    public void An_administrator_removes_a_static_member_by_its_instance_id()
    {
        var members = _context.StableGroup(2, "i");

        Assert.Equal(ErrorCode.None, members[1].Leave(byInstance: true));

        Assert.Equal(1, _context.Core.MemberCount);
        Assert.Equal(ErrorCode.UnknownMemberId, members[1].Heartbeat());
    }

    [Fact]
    public void A_fenced_member_cannot_leave_for_its_successor()
    {
        var members = _context.StableGroup(2, "i");
        _context.Member("i1").Join();

        Assert.Equal(ErrorCode.FencedInstanceId, members[1].Leave());
        Assert.Equal(2, _context.Core.MemberCount);
    }

    [Fact]
    public void The_instance_ids_survive_a_restart_of_the_coordinator()
    {
        var members = _context.StableGroup(2, "i");
        _context.Restart();

        var joined = _context.Member("i1").Join()!;

        Assert.Equal(members[1].Generation, joined.GenerationId);
        Assert.Equal(ErrorCode.FencedInstanceId, members[1].Heartbeat());
        Assert.Equal(GroupState.Stable, _context.Core.State);
    }
}
