using Spillway.Raft.Core;
using Spillway.Raft.Snapshots;
using Xunit;

namespace Spillway.Raft.Tests.Hosting;

/// <summary>Nodes that come, go, and come back without what they promised.</summary>
public sealed class MembershipTests
{
    [Fact]
    public async Task One_node_grows_to_three_and_back_without_a_restart()
    {
        using var group = new SteppedGroup(1);
        Assert.True(group.Node(1).Leads);
        group.Commit(0, 20);
        foreach (var id in (ulong[])[2, 3])
        {
            group.Add(id).Start();
            await group.AddLearnerAsync(id);
            await CaughtUpAsync(group, () => group.PromoteAsync(id));
        }

        group.Commit(20, 10);
        group.Tick(1);
        Assert.All(group.Nodes, static node => Assert.Equal(Ids(30), node.State.Ids));
        Assert.Equal(
            ((ulong[])[1, 2, 3]).Select(static id => SteppedGroup.MemberOf(id, voter: true)),
            group.Node(3).Running.Members);

        await group.RemoveAsync(3);
        await group.RemoveAsync(2);
        group.Commit(30, 5);

        Assert.True(group.Node(1).Leads);
        Assert.Equal(Ids(35), group.Node(1).State.Ids);
    }

    [Fact]
    public async Task Three_nodes_go_on_without_the_one_that_founded_the_group()
    {
        using var group = await GrownGroupAsync();
        group.Cut(1);

        group.ElectAnyOf(2, 3);
        group.Commit(10, 5);

        Assert.Equal(Ids(15), group.Leader!.State.Ids);
    }

    [Fact]
    public async Task A_node_that_joins_gets_the_snapshot_that_names_it_and_no_other()
    {
        using var group = new SteppedGroup(1);
        group.Commit(0, 20);
        await group.SnapshotAsync(1);
        group.Node(1).HoldsAsides = true; // the snapshot for the change is not written yet
        group.Add(2).Start();
        await group.AddLearnerAsync(2);

        group.Tick(15, 1);
        Assert.True(group.Node(2).Fetches >= 1);
        Assert.Equal(0, group.Node(2).State.Loads);
        Assert.Empty(group.Node(2).Running.Members);

        group.Node(1).HoldsAsides = false;
        group.Tick(15, 1);
        Assert.Equal(Ids(20), group.Node(2).State.Ids);
        Assert.Equal(RaftRole.Learner, group.Node(2).Running.Leadership.Role);
    }

    [Fact]
    public async Task A_snapshot_is_taken_right_after_the_members_changed()
    {
        using var group = new SteppedGroup(1);
        group.Commit(0, 3);
        group.Add(2);

        await group.AddLearnerAsync(2);

        var newest = group.Node(1).Disk.Files.Keys.Where(static name => SnapshotHeader.TryParseName(name, out _)).Max();
        var header = SnapshotHeader.Read(group.Node(1).Disk.Files[newest!].Seen, out _);
        Assert.Equal([1UL, 2], header!.Members.Select(static member => member.NodeId));
        Assert.Equal(group.Node(1).Running.AppliedIndex, header.Id.Index);
    }

    [Fact]
    public async Task A_learner_is_promoted_only_when_it_is_near()
    {
        using var group = new SteppedGroup(1);
        group.Commit(0, 10);
        group.Add(2).Start();
        group.Cut(2);
        await group.AddLearnerAsync(2);
        group.Commit(10, 300);

        var promotion = group.Leader!.Running.PromoteAsync(2, TestContext.Current.CancellationToken);
        group.Tick(30, 1);
        Assert.False(promotion.IsCompleted);
        Assert.False(group.Leader!.Running.Members[1].Voter);

        group.Heal();
        group.Tick(20, 1);
        await group.DoneAsync(promotion);
        Assert.True(group.Leader!.Running.Members[1].Voter);
    }

    [Fact]
    public async Task A_promotion_that_is_given_up_does_not_happen_later()
    {
        using var group = new SteppedGroup(1);
        group.Add(2).Start();
        group.Cut(2);
        await group.AddLearnerAsync(2);
        using var cancellation = new CancellationTokenSource();
        var promotion = group.Leader!.Running.PromoteAsync(2, cancellation.Token);
        group.Settle();

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => promotion);
        group.Heal();
        group.Tick(20, 1);

        Assert.False(group.Leader!.Running.Members[1].Voter);
    }

    [Fact]
    public async Task Changes_that_make_no_sense_are_refused_with_the_reason()
    {
        using var group = new SteppedGroup(3);
        group.Elect(1);

        Assert.Contains("is a voter", await RefusalAsync(group, group.AddLearnerAsync(2)), StringComparison.Ordinal);
        Assert.Contains("no member", await RefusalAsync(group, group.PromoteAsync(7)), StringComparison.Ordinal);
        Assert.Contains("no member", await RefusalAsync(group, group.RemoveAsync(7)), StringComparison.Ordinal);
        await group.PromoteAsync(2); // there is nothing to do

        using var alone = new SteppedGroup(1);
        Assert.Contains("last voter", await RefusalAsync(alone, alone.RemoveAsync(1)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_that_is_asked_for_during_another_waits_for_its_turn()
    {
        using var group = new SteppedGroup(3);
        var leader = group.Elect(1);
        group.Cut(1);
        var first = leader.Running.AddLearnerAsync(4, "raft-4:1", "", CancellationToken.None);
        var second = leader.Running.RemoveAsync(4, CancellationToken.None);
        var third = leader.Running.AddLearnerAsync(5, "raft-5:1", "", CancellationToken.None);
        using var impatient = new CancellationTokenSource();
        var givenUp = leader.Running.AddLearnerAsync(6, "raft-6:1", "", impatient.Token);
        group.Settle();
        Assert.False(first.IsCompleted || third.IsCompleted || givenUp.IsCompleted);
        await impatient.CancelAsync();

        group.Heal();
        group.Tick(1, 1);
        await group.DoneAsync(first);
        await group.DoneAsync(third);

        // No member when it was asked for, so it was answered at once; what waits is judged by what the members are then.
        Assert.Contains("no member", await RefusalAsync(group, second), StringComparison.Ordinal);
        await Assert.ThrowsAsync<TaskCanceledException>(() => givenUp);
        Assert.Equal([1, 2, 3, 4, 5], leader.Running.Members.Select(static member => member.NodeId));
    }

    [Fact]
    public async Task A_change_that_is_asked_for_during_a_hand_over_waits_for_its_end()
    {
        using var group = new SteppedGroup(3);
        var leader = group.Elect(1);
        group.Tick(1, 1);
        group.OnWire = static message => message.Kind == RaftMessageKind.TimeoutNow ? null : message;
        var transfer = leader.Running.TransferLeadershipAsync(2, CancellationToken.None);
        var removal = leader.Running.RemoveAsync(3, CancellationToken.None);
        group.Settle();
        Assert.False(removal.IsCompleted);

        group.Tick(20, 1);

        Assert.False(await transfer);
        await group.DoneAsync(removal);
        Assert.Equal([1, 2], leader.Running.Members.Select(static member => member.NodeId));
    }

    [Fact]
    public async Task A_voter_whose_removal_would_stop_the_group_stays()
    {
        using var group = new SteppedGroup(3);
        group.Elect(1);
        group.Node(3).Crash();
        group.Tick(15, 1);

        var refused = group.Leader!.Running.RemoveAsync(2, CancellationToken.None);
        group.Tick(15, 1);
        Assert.Contains("majority", await RefusalAsync(group, refused), StringComparison.Ordinal);
        await group.RemoveAsync(3); // the one that is gone may
    }

    [Fact]
    public async Task A_change_whose_leader_is_lost_is_unknown()
    {
        using var group = new SteppedGroup(3);
        group.Elect(1);
        group.Cut(1);
        var change = group.Leader!.Running.AddLearnerAsync(4, "raft-4:1", "", CancellationToken.None);

        group.Tick(20, 1);

        Assert.True((await Assert.ThrowsAsync<LeadershipLostException>(() => group.DoneAsync(change))).OutcomeUnknown);
    }

    [Fact]
    public async Task A_leader_that_is_to_remove_itself_hands_over_and_the_next_one_removes_it()
    {
        using var group = new SteppedGroup(3);
        var first = group.Elect(1);
        group.Commit(0, 5);

        var removal = first.Running.RemoveAsync(1, CancellationToken.None);
        group.Tick(3);
        var answer = await Assert.ThrowsAsync<LeadershipLostException>(() => group.DoneAsync(removal));

        Assert.False(answer.OutcomeUnknown);
        Assert.Contains(answer.Leader.LeaderId, (ulong[])[2, 3]);
        await group.RemoveAsync(1);
        group.Commit(5, 1);
        Assert.Equal(Ids(6), group.Leader!.State.Ids);
    }

    [Fact]
    public async Task Leadership_goes_where_it_is_sent()
    {
        using var group = new SteppedGroup(3);
        var first = group.Elect(1);
        group.Commit(0, 5);

        var named = first.Running.TransferLeadershipAsync(3, CancellationToken.None);
        group.Settle();
        Assert.True(await named);
        Assert.True(group.Node(3).Leads);

        var furthest = group.Node(3).Running.TransferLeadershipAsync(null, CancellationToken.None);
        group.Settle();
        Assert.True(await furthest);

        using var alone = new SteppedGroup(1);
        var nobody = alone.Node(1).Running.TransferLeadershipAsync(null, CancellationToken.None);
        alone.Settle();
        Assert.False(await nobody);
        var stranger = alone.Node(1).Running.TransferLeadershipAsync(9, CancellationToken.None);
        alone.Settle();
        await Assert.ThrowsAsync<MembershipChangeException>(() => stranger);
    }

    [Fact]
    public async Task Leadership_that_nobody_takes_stays_where_it_is()
    {
        using var group = new SteppedGroup(3);
        var leader = group.Elect(1);
        group.Tick(1, 1);
        group.OnWire = static message => message.Kind == RaftMessageKind.TimeoutNow ? null : message;

        var transfer = leader.Running.TransferLeadershipAsync(2, CancellationToken.None);
        group.Settle();
        var refused = leader.Propose(0);
        group.Settle();
        group.Tick(20, 1);

        Assert.False(await transfer);
        Assert.True(leader.Leads);
        Assert.False((await Assert.ThrowsAsync<LeadershipLostException>(() => refused)).OutcomeUnknown);
        group.Commit(1, 1);
    }

    [Fact]
    public void A_leader_that_is_reached_elsewhere_tells_the_others()
    {
        using var group = new SteppedGroup(3);
        group.Elect(1);
        group.Node(1).Crash();
        group.Node(1).Start(group.OptionsOf(1, address: "raft-1-moved:1"));
        group.Restart(2, 3);
        group.Elect(1);

        group.Tick(2, 1);

        var moved = SteppedGroup.MemberOf(1, voter: true) with { Address = "raft-1-moved:1" };
        Assert.All(group.Nodes, node => Assert.Equal(moved, node.Transport.Members[0]));
        group.Tick(20, 1);
        Assert.Equal(group.Node(1).Running.AppliedIndex, group.Node(2).Running.AppliedIndex);
    }

    [Fact]
    public async Task The_leader_tells_who_is_how_far_and_whether_it_is_there()
    {
        using var group = new SteppedGroup(3);
        var leader = group.Elect(1);
        group.Commit(0, 5);
        group.Tick(1, 1);
        group.Node(3).Crash();
        group.Commit(5, 5);
        group.Tick(15, 1);

        var status = leader.Running.StatusAsync(CancellationToken.None).AsTask();
        var followers = group.Node(2).Running.StatusAsync(CancellationToken.None).AsTask();
        await group.DoneAsync(Task.WhenAll(status, followers));

        var members = (await status).Members;
        Assert.Equal([true, true, false], members.Select(static member => member.Active));
        Assert.Equal((await status).LastIndex, members[1].MatchIndex);
        Assert.Equal((await status).LastIndex - 5, members[2].MatchIndex);
        Assert.Equal((await status).LastIndex, (await followers).LastIndex);
        Assert.Equal([null, true, null], (await followers).Members.Select(static member => member.Active));
    }

    private static async Task<SteppedGroup> GrownGroupAsync()
    {
        var group = new SteppedGroup(1);
        group.Commit(0, 10);
        foreach (var id in (ulong[])[2, 3])
        {
            group.Add(id).Start();
            await group.AddLearnerAsync(id);
            await CaughtUpAsync(group, () => group.PromoteAsync(id));
        }

        return group;
    }

    private static async Task CaughtUpAsync(SteppedGroup group, Func<Task> change)
    {
        group.Tick(15, 1);
        await change();
    }

    private static async Task<string> RefusalAsync(SteppedGroup group, Task change) =>
        (await Assert.ThrowsAsync<MembershipChangeException>(() => group.DoneAsync(change))).Message;

    private static IEnumerable<long> Ids(int count) => Enumerable.Range(0, count).Select(static id => (long)id);
}
