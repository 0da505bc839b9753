using Spillway.Raft.Core;
using Xunit;

namespace Spillway.Raft.Tests.Hosting;

/// <summary>What proposers and readers of a group of several nodes are told.</summary>
public sealed class GroupTests
{
    [Fact]
    public async Task Founders_elect_a_leader_that_commits_on_all_of_them()
    {
        using var group = new SteppedGroup(3);
        var leader = group.Elect(2);

        var first = leader.Propose(10);
        var second = leader.Propose(11);
        group.Settle();
        group.Tick(1); // the others learn what is committed

        Assert.Equal([0, 1], new[] { await first, await second }.Select(static result => (int)result.Result!));
        Assert.All(group.Nodes, static node => Assert.Equal([10, 11], node.State.Ids));
        Assert.All(group.Nodes, static node => Assert.Equal(node.Running.AppliedIndex, node.State.PublishedIndex));
        Assert.Equal([1UL, 2, 3], leader.Transport.Members.Select(static member => member.NodeId));
    }

    [Fact]
    public async Task A_follower_refuses_and_names_the_leader()
    {
        using var group = new SteppedGroup(3);
        group.Elect(2);
        var follower = group.Node(1);

        var refusal = await Assert.ThrowsAsync<LeadershipLostException>(() => follower.Propose(0));
        var noRead = await Assert.ThrowsAsync<LeadershipLostException>(
            async () => await follower.Running.ReadBarrierAsync(CancellationToken.None));

        Assert.False(refusal.OutcomeUnknown);
        Assert.False(noRead.OutcomeUnknown);
        Assert.Equal((2UL, "service-2:1"), (refusal.Leader.LeaderId, refusal.Leader.LeaderAddress));
    }

    [Fact]
    public async Task What_a_lost_leader_had_taken_is_unknown_and_told_at_once()
    {
        using var group = new SteppedGroup(3);
        var leader = group.Elect(1);
        group.Cut(1);
        var taken = leader.Propose(0);
        group.Settle();
        Assert.False(taken.IsCompleted);

        var next = group.ElectAnyOf(2, 3);
        group.Heal();
        group.Tick(2);

        Assert.True((await Assert.ThrowsAsync<LeadershipLostException>(() => taken)).OutcomeUnknown);
        Assert.Equal(next.Id, leader.Running.Leadership.LeaderId);
        group.Commit(1, 1);
        group.Tick(1);
        Assert.Equal([1], leader.State.Ids);
    }

    [Fact]
    public async Task A_leader_without_a_majority_gives_up_and_says_so()
    {
        using var group = new SteppedGroup(3);
        var leader = group.Elect(1);
        group.Cut(1);
        var taken = leader.Propose(0);

        group.Tick(20, 1);

        Assert.True((await Assert.ThrowsAsync<LeadershipLostException>(() => taken)).OutcomeUnknown);
        Assert.False(leader.Running.Leadership.IsLeader);
        Assert.False((await Assert.ThrowsAsync<LeadershipLostException>(() => leader.Propose(1))).OutcomeUnknown);
    }

    [Fact]
    public void A_node_says_that_it_leads_only_when_its_state_has_all_that_was_acknowledged()
    {
        using var group = new SteppedGroup(3);
        group.Elect(1);
        group.OnWire = static message => message with { Commit = 1 }; // nobody hears what is committed
        group.Commit(0, 1);
        Assert.Empty(group.Node(2).State.Ids);
        group.Cut(1);
        group.OnWire = null;
        var applied = new List<int>();
        foreach (var id in (ulong[])[2, 3])
        {
            var node = group.Node(id);
            node.Running.LeadershipChanged += leadership =>
            {
                if (leadership.IsLeader)
                {
                    applied.Add(node.State.PublishedCount);
                }
            };
        }

        group.ElectAnyOf(2, 3);

        Assert.Equal([1], applied);
    }

    [Fact]
    public async Task A_result_goes_to_the_entry_of_this_life_not_to_one_with_the_same_tag()
    {
        using var group = new SteppedGroup(3);
        group.Elect(1);
        group.Cut(1);
        _ = group.Node(1).Propose(100); // the first of its process, and on no other node
        group.Settle();
        group.Restart(1, 2, 3);
        group.Heal();
        var leader = group.Elect(1);

        var second = leader.Propose(101); // the first of this one
        group.Settle();

        Assert.Equal([100, 101], leader.State.Ids);
        Assert.Equal(1, (int)(await second).Result!);
    }

    [Fact]
    public async Task A_read_waits_for_a_majority_to_confirm_the_leader()
    {
        using var group = new SteppedGroup(3);
        var leader = group.Elect(1);
        group.Commit(0, 1);
        group.Cut(1);
        var cut = leader.Running.ReadBarrierAsync(CancellationToken.None).AsTask();
        group.Tick(3, 1);
        Assert.False(cut.IsCompleted);

        group.Heal();
        group.Tick(1, 1);

        Assert.True(cut.IsCompletedSuccessfully);
        Assert.Equal(leader.Running.AppliedIndex, await cut);
    }

    [Fact]
    public async Task A_leader_that_was_replaced_answers_no_read()
    {
        using var group = new SteppedGroup(3);
        var leader = group.Elect(1);
        group.Cut(1);
        var stale = leader.Running.ReadBarrierAsync(CancellationToken.None).AsTask();
        group.Settle();

        group.Tick(1, 1);
        group.ElectAnyOf(2, 3);
        group.Commit(0, 1);
        group.Heal();
        group.Tick(2);

        await Assert.ThrowsAsync<LeadershipLostException>(() => stale);
    }

    [Fact]
    public async Task Reads_that_wait_share_a_round_and_a_round_without_an_answer_is_asked_again_under_a_new_id()
    {
        using var group = new SteppedGroup(3);
        var leader = group.Elect(1);
        var rounds = new HashSet<ReadId>();
        group.OnWire = message =>
        {
            if (message.Kind == RaftMessageKind.Heartbeat)
            {
                rounds.Add(message.Read);
            }

            return message.Kind == RaftMessageKind.HeartbeatReply ? message with { Read = default } : message;
        };
        var reads = Enumerable.Range(0, 20)
            .Select(_ => leader.Running.ReadBarrierAsync(CancellationToken.None).AsTask())
            .ToArray();
        group.Settle();
        var asked = rounds.Count(static round => round != default);
        group.Tick(25, 1);

        Assert.Equal(1, asked);
        Assert.InRange(rounds.Count(static round => round != default), 3, 4);
        Assert.All(reads, static read => Assert.False(read.IsCompleted));

        group.OnWire = null;
        group.Tick(11, 1);

        Assert.All(await Task.WhenAll(reads), index => Assert.Equal(leader.Running.AppliedIndex, index));
    }

    [Fact]
    public void In_touch_with_a_majority_is_what_was_confirmed_within_an_election_time_out()
    {
        using var group = new SteppedGroup(3);
        var leader = group.Elect(1);
        Assert.True(leader.Running.LeadsWithQuorum);
        Assert.False(group.Node(2).Running.LeadsWithQuorum);

        group.Cut(1);
        group.Time.Advance(TimeSpan.FromMilliseconds(449));
        Assert.True(leader.Running.LeadsWithQuorum);

        group.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(leader.Running.Leadership.IsLeader);
        Assert.False(leader.Running.LeadsWithQuorum);

        group.Heal();
        group.Tick(1);
        Assert.True(leader.Running.LeadsWithQuorum);
    }

    [Fact]
    public void A_group_whose_power_was_cut_comes_back_with_everything_acknowledged()
    {
        using var group = new SteppedGroup(3, snapshotEveryEntries: 40);
        group.Elect(1);
        group.Commit(0, 100);
        foreach (var node in group.Nodes)
        {
            node.Crash(powerCut: true);
        }

        foreach (var node in group.Nodes)
        {
            node.Start();
        }

        group.ElectAnyOf(1, 2, 3);
        group.Tick(2);

        Assert.All(group.Nodes, static node => Assert.Equal(Enumerable.Range(0, 100).Select(static id => (long)id), node.State.Ids));
    }
}
