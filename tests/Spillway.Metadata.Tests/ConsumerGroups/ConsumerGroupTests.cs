using Spillway.Kafka.Errors;
using Spillway.Metadata.ConsumerGroups;
using Spillway.Metadata.Groups;

namespace Spillway.Metadata.Tests.ConsumerGroups;

/// <summary>How members join, go on, give up and get partitions, and leave (KIP-848).</summary>
public sealed class ConsumerGroupTests
{
    private readonly ConsumerGroupContext _context = new();

    [Fact]
    public void The_first_member_gets_all_partitions_in_epoch_one()
    {
        _context.Topics.Put("t", 3);
        var member = _context.Member();

        var joined = member.Join()!;

        Assert.Equal((ErrorCode.None, 1, 5_000, member.Id), (member.Error, joined.MemberEpoch, joined.HeartbeatIntervalMs, joined.MemberId));
        Assert.Equal([0, 1, 2], member.Assigned);
        Assert.Equal((ConsumerGroupState.Stable, 1, 1), (_context.Consumers.State, _context.Consumers.GroupEpoch, _context.Consumers.AssignmentEpoch));
    }

    [Fact]
    public void A_partition_goes_to_its_new_owner_only_when_the_old_one_has_confirmed_that_it_gave_it_up()
    {
        var first = _context.StableGroup(1, 4)[0];
        var topic = _context.Topics.Find("t")!.Value.Id;
        var second = _context.Member();

        second.Join();
        Assert.Equal(2, second.Epoch);
        Assert.Empty(second.Assigned);

        // Told to revoke; it stays in its epoch until it has.
        first.Beat();
        Assert.Equal((1, 2), (first.Epoch, first.Assigned.Length));
        var kept = first.Wanted;
        first.BeatOwning(first.Owned);
        second.Beat();
        Assert.Null(second.Last!.Assignment);

        first.BeatOwning(kept);
        Assert.Equal(2, first.Epoch);
        second.Beat();
        Assert.Equal(2, second.Assigned.Length);
        Assert.Empty(second.Wanted.Intersect(kept));
        Assert.Equal(ConsumerTestMember.Set(topic, 0, 1, 2, 3), second.Wanted.Union(kept));
        Assert.Equal(ConsumerGroupState.Stable, _context.Consumers.State);
    }

    [Fact]
    public void A_member_that_does_not_say_what_it_owns_has_confirmed_nothing()
    {
        var first = _context.StableGroup(1, 2)[0];
        _context.Member().Join();
        first.Beat();

        first.Beat();
        first.Beat();

        Assert.Equal(1, first.Epoch);
        Assert.Equal(ReconciliationState.Unrevoked, (ReconciliationState)_context.Consumers.Members[first.Id].Assignment!.State);
    }

    [Fact]
    public void Nothing_is_written_where_nothing_changes_and_the_assignment_is_sent_only_when_it_does()
    {
        var members = _context.StableGroup(3, 9);
        var (writes, lookups) = (_context.WriteCount, _context.Topics.Lookups);

        for (var i = 0; i < 20; i++)
        {
            Array.ForEach(members, m => m.Beat());
            Assert.All(members, m => Assert.Null(m.Last!.Assignment));
        }

        Assert.Equal((writes, lookups), (_context.WriteCount, _context.Topics.Lookups));
        members[0].BeatSayingAll();
        Assert.Equal(members[0].Partitions, members[0].Assigned);
        Assert.Equal(writes, _context.WriteCount);
    }

    [Fact]
    public void Nobody_is_answered_before_the_change_is_durable_and_changes_meanwhile_go_together()
    {
        _context.Topics.Put("t", 4);
        _context.HoldsWrites = true;
        var members = Enumerable.Range(0, 4).Select(_ => _context.Member()).ToList();

        members.ForEach(m => Assert.Null(m.Join()));
        Assert.Equal(1, _context.WriteCount);
        _context.FinishWrites();

        Assert.Equal(2, _context.WriteCount);
        members.ForEach(m => Assert.NotNull(m.Look()));
        Assert.Equal(4, _context.Consumers.Members.Count);
    }

    [Fact]
    public void A_failed_write_ends_the_core_and_all_who_waited_ask_the_next_one()
    {
        _context.Topics.Put("t", 4);
        _context.HoldsWrites = true;
        var (first, second) = (_context.Member(), _context.Member());
        first.Join();
        second.Join();

        _context.FinishWrites(ErrorCode.NotCoordinator);

        Assert.True(_context.Core.IsSpent);
        Assert.Equal((int)ErrorCode.NotCoordinator, first.Look()!.ErrorCode);
        Assert.Equal((int)ErrorCode.NotCoordinator, second.Look()!.ErrorCode);
        _context.HoldsWrites = false;
        _context.Restart();
        Assert.Equal(1, first.Join()!.MemberEpoch);
    }

    [Fact]
    public void A_change_that_was_decided_on_another_state_is_refused()
    {
        _context.StableGroup(1, 2);
        var stale = ConsumerGroupCore.Restore("g", _context.Consumers, _context.Topics, _context.Limits, 0);
        _context.Member().Join();
        var call = new Rpc.Metadata.ConsumerHeartbeatCall
        {
            GroupId = "g", MemberId = "late", RebalanceTimeoutMs = 1, HasOwned = true, HasTopicNames = true, TopicNames = { "t" },
        };
        stale.ConsumerHeartbeat(call, _context.Limits, _context.Topics, 0, new Reply<Rpc.Metadata.ConsumerHeartbeatResult>());

        var result = _context.State.Apply<GroupChangeResult>(stale.TakeWrite()!.Change);

        Assert.False(result.Accepted);
        Assert.DoesNotContain("late", _context.Consumers.Members.Keys);
    }

    [Fact]
    public void A_member_that_leaves_is_gone_at_once_and_others_get_what_it_had()
    {
        var members = _context.StableGroup(2, 4);

        Assert.Equal(-1, members[0].Leave()!.MemberEpoch);
        Assert.Equal(ConsumerGroupState.Assigning, _context.Consumers.State);
        members[1].Beat();

        Assert.Equal([0, 1, 2, 3], members[1].Assigned);
        members[1].Leave();
        Assert.Equal(ConsumerGroupState.Empty, _context.Consumers.State);
        Assert.True(_context.Core.IsIdle);
    }

    [Fact]
    public void A_member_that_falls_silent_is_gone_after_its_session()
    {
        var members = _context.StableGroup(2, 4);

        for (var i = 0; i < 9; i++)
        {
            _context.Advance(5_000);
            members[0].Beat();
        }

        Assert.Equal([members[0].Id], _context.Consumers.Members.Keys);
        Assert.Equal(ErrorCode.UnknownMemberId, (ErrorCode)members[1].Beat()!.ErrorCode);
    }

    [Fact]
    public void A_member_that_does_not_revoke_within_its_rebalance_timeout_is_turned_out()
    {
        _context.Topics.Put("t", 2);
        var first = new ConsumerTestMember(_context, "slow", null) { TopicNames = ["t"], RebalanceTimeoutMs = 20_000 };
        var second = _context.Member();
        _context.Settle(first);
        second.Join();
        first.Beat();

        for (var i = 0; i < 4; i++)
        {
            _context.Advance(4_999);
            first.Beat();
            second.Beat();
            Assert.Equal(2, _context.Consumers.Members.Count);
        }

        _context.Advance(4);
        Assert.Equal([second.Id], _context.Consumers.Members.Keys);
        second.Beat();
        Assert.Equal([0, 1], second.Assigned);
    }

    [Fact]
    public void An_epoch_that_is_not_the_members_is_fenced_unless_the_answer_was_lost()
    {
        var first = _context.StableGroup(1, 2)[0];
        var second = _context.Member();
        second.Join();
        _context.Settle(first, second);
        var previous = first.Epoch - 1;

        Assert.Equal(ErrorCode.FencedMemberEpoch, (ErrorCode)first.Beat(first.Epoch + 1)!.ErrorCode);
        Assert.Equal(ErrorCode.FencedMemberEpoch, (ErrorCode)first.Beat(previous)!.ErrorCode);
        var topic = _context.Topics.Find("t")!.Value.Id;
        var all = ConsumerTestMember.Set(topic, 0, 1);
        Assert.Equal(ErrorCode.FencedMemberEpoch, (ErrorCode)first.BeatOwning(all, previous)!.ErrorCode);

        var accepted = first.BeatOwning(first.Owned, previous)!;
        Assert.Equal((ErrorCode.None, previous + 1), ((ErrorCode)accepted.ErrorCode, accepted.MemberEpoch));
        Assert.Equal(first.Partitions, first.Assigned);
        Assert.Equal(ErrorCode.UnknownMemberId, (ErrorCode)_context.Member().Beat(3)!.ErrorCode);
    }

    [Fact]
    public void A_fenced_member_joins_again_under_its_id()
    {
        // KAFKA-19233.
        var members = _context.StableGroup(2, 4);
        _context.Member().Join();
        members[0].Beat();

        var again = members[0].Join()!;

        Assert.Equal(ErrorCode.None, members[0].Error);
        Assert.Equal(_context.Consumers.GroupEpoch, again.MemberEpoch);
        Assert.Equal(3, _context.Consumers.Members.Count);
    }

    [Fact]
    public void A_topic_that_grows_comes_or_goes_is_seen_by_the_next_heartbeat()
    {
        var member = _context.StableGroup(1, 2)[0];
        _context.Topics.Put("t", 3);
        member.Beat();
        Assert.Equal([0, 1, 2], member.Assigned);
        Assert.Equal(2, member.Epoch);

        _context.Topics.Put("other", 3);
        Assert.Null(member.Beat()!.Assignment);
        Assert.Equal(2, member.Epoch);

        _context.Topics.Delete("t");
        member.Beat();
        Assert.Empty(member.Assigned);
        member.BeatOwning(PartitionSet.Empty);
        Assert.Equal(3, member.Epoch);
    }

    [Fact]
    public void Another_subscription_is_another_epoch_and_other_metadata_is_not()
    {
        _context.Topics.Put("u", 1);
        var member = _context.StableGroup(1, 2)[0];
        member.Send(member.Epoch, all: true, member.Owned, call => call.RebalanceTimeoutMs = 1_000);
        Assert.Equal((1, 1_000), (_context.Consumers.GroupEpoch, _context.Consumers.Members[member.Id].Member.RebalanceTimeoutMs));

        member.TopicNames = ["t", "u"];
        member.BeatSayingAll();

        Assert.Equal((2, 3), (_context.Consumers.GroupEpoch, member.Assigned.Length));
    }

    [Fact]
    public void A_full_group_takes_no_more_members()
    {
        _context.Limits = _context.Limits with { Consumer = _context.Limits.Consumer with { SizeMax = 2 } };
        var members = _context.StableGroup(2, 4);

        Assert.Equal(ErrorCode.GroupMaxSizeReached, (ErrorCode)_context.Member().Join()!.ErrorCode);
        Assert.Equal(ErrorCode.None, (ErrorCode)members[0].Join()!.ErrorCode);
    }

    [Fact]
    public void The_assignor_that_most_members_want_assigns()
    {
        _context.Topics.Put("t", 2);
        _context.Topics.Put("u", 2);
        var members = Enumerable.Range(0, 2).Select(_ => _context.Member("t,u")).ToArray();
        members[0].Assignor = "range";

        _context.Settle(members);

        Assert.All(members, m => Assert.Single(m.Owned.Select(p => p.Partition).Distinct()));
        members[0].Assignor = "no such";
        Assert.Equal(ErrorCode.UnsupportedAssignor, (ErrorCode)members[0].BeatSayingAll()!.ErrorCode);
    }

    [Fact]
    public void Another_leader_goes_on_where_the_last_one_was()
    {
        var members = _context.StableGroup(2, 4);
        var third = _context.Member();
        third.Join();
        members[0].Beat();

        // Each was told something else: one to revoke, one nothing yet, one that it waits.
        _context.Restart();
        var writes = _context.WriteCount;
        third.Beat();
        Assert.Equal((ErrorCode.None, writes), (third.Error, _context.WriteCount));

        _context.Settle([.. members, third]);

        Assert.Equal(ConsumerGroupState.Stable, _context.Consumers.State);
        Assert.Equal(3, _context.Consumers.GroupEpoch);
        Assert.Equal([1, 1, 2], members.Append(third).Select(m => m.Owned.Count).Order());
        _context.Restart();
        Assert.All(members, m => Assert.Equal((ErrorCode.None, 3), ((ErrorCode)m.Beat()!.ErrorCode, m.Epoch)));
    }

    [Fact]
    public void Another_leader_gives_each_member_a_whole_session_and_then_turns_it_out()
    {
        _context.StableGroup(2, 4);
        _context.Advance(40_000);
        _context.Restart();

        _context.Advance(44_999);
        Assert.Equal(2, _context.Consumers.Members.Count);
        _context.Advance(1);

        Assert.Empty(_context.Consumers.Members);
    }

    [Fact]
    public void Offsets_are_committed_by_members_in_their_epoch()
    {
        Assert.Equal(ErrorCode.None, _context.CheckCommit("", -1));
        var member = _context.StableGroup(1, 1)[0];

        Assert.Equal(ErrorCode.None, _context.CheckCommit(member.Id, 1));
        Assert.Equal(ErrorCode.StaleMemberEpoch, _context.CheckCommit(member.Id, 0));
        Assert.Equal(ErrorCode.StaleMemberEpoch, _context.CheckCommit(member.Id, 2));
        Assert.Equal(ErrorCode.UnknownMemberId, _context.CheckCommit("stranger", 1));
        Assert.Equal(ErrorCode.UnknownMemberId, _context.CheckCommit("", -1));
        Assert.Equal(ErrorCode.UnsupportedVersion, _context.CheckCommit(member.Id, 1, knowsEpochs: false));
        member.Leave();
        Assert.Equal(ErrorCode.None, _context.CheckCommit("", -1));
    }

    [Fact]
    public void Offsets_of_topics_that_members_read_and_groups_with_members_are_not_deleted()
    {
        var member = _context.StableGroup(1, 1)[0];

        Assert.Equal(ErrorCode.None, _context.Core.CheckOffsetDelete());
        Assert.True(_context.Core.Reads("t"));
        Assert.False(_context.Core.Reads("other"));
        Assert.Equal(ErrorCode.NonEmptyGroup, _context.Core.CheckDelete());
        member.Leave();
        Assert.Equal(ErrorCode.None, _context.Core.CheckDelete());
    }
}
