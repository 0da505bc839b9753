using Spillway.Raft.Core;
using Spillway.Raft.Segments;
using Spillway.Raft.Snapshots;
using Xunit;

namespace Spillway.Raft.Tests.Core;

/// <summary>What the core knows of snapshots: whom to offer one, when to want one, and what of the log stays.</summary>
public sealed class SnapshotTests
{
    [Fact]
    public void A_follower_that_needs_what_is_compacted_away_is_offered_a_snapshot()
    {
        var cluster = Behind();
        var leader = cluster[1];

        cluster.Tick(2);

        Assert.Equal((1UL, new SnapshotId(17, 2)), cluster[3].Wanted);
        Assert.True(leader.Core.Followers().Single(static follower => follower.NodeId == 3).InSnapshot);
        cluster.FetchSnapshots();
        cluster.Tick(1);
        Assert.Equal(leader.Commands, cluster[3].Commands);
        Assert.False(leader.Core.Followers().Single(static follower => follower.NodeId == 3).InSnapshot);
    }

    [Fact]
    public void Nothing_but_heartbeats_goes_to_a_follower_that_fetches()
    {
        var cluster = Behind();
        cluster.Tick(2);
        cluster.Sent.Clear();

        for (var i = 0; i < 5; i++)
        {
            cluster[1].Propose("more");
            cluster.Tick(1);
        }

        Assert.All(
            cluster.Sent.Where(static message => message.To == 3),
            static message => Assert.Equal(RaftMessageKind.Heartbeat, message.Kind));
    }

    [Fact]
    public void An_offer_that_was_lost_is_made_again()
    {
        var cluster = Behind();
        cluster.Lose = static message => message.Kind == RaftMessageKind.SnapshotOffer;
        cluster.Tick(5);
        Assert.Null(cluster[3].Wanted);
        cluster.Lose = static _ => false;

        cluster.Tick(10);

        Assert.NotNull(cluster[3].Wanted);
    }

    [Fact]
    public void A_failed_fetch_leads_to_another_offer()
    {
        var cluster = Behind();
        cluster.Tick(2);
        cluster[3].Wanted = null;

        cluster[1].Core.ReportSnapshot(3, delivered: false);
        cluster.Tick(2);

        Assert.NotNull(cluster[3].Wanted);
    }

    [Fact]
    public void A_delivered_snapshot_that_is_lost_with_its_follower_is_offered_again()
    {
        var cluster = Behind();
        cluster.Tick(2);
        cluster[3].Restart();

        cluster[1].Core.ReportSnapshot(3, delivered: true);
        cluster.Tick(3);

        Assert.NotNull(cluster[3].Wanted);
        cluster.FetchSnapshots();
        cluster.Tick(1);
        Assert.Equal(cluster[1].Commands, cluster[3].Commands);
    }

    [Fact]
    public void An_offer_of_what_is_there_already_is_declined_by_an_acknowledgement()
    {
        var cluster = new CoreCluster(3);
        var follower = cluster.Add(2, CoreDisk.WithLog(cluster.Initial, new HardState(2, 0, 3), 2, 2, 2, 2));
        follower.Work();

        follower.Receive(RaftMessageKind.SnapshotOffer, 1, static offer => offer with { Index = 2, LogTerm = 2 });
        var committed = Assert.Single(follower.Work());
        follower.Receive(RaftMessageKind.SnapshotOffer, 1, static offer => offer with { Index = 4, LogTerm = 2 });
        var held = Assert.Single(follower.Work());

        Assert.Null(follower.Wanted);
        Assert.Equal((RaftMessageKind.AppendReply, 3UL), (committed.Kind, committed.Index));
        Assert.Equal((RaftMessageKind.AppendReply, 4UL), (held.Kind, held.Index));
        Assert.Equal(4UL, follower.Core.CommitIndex);
        Assert.Equal(5UL, follower.Core.LastIndex);
    }

    [Fact]
    public void A_restored_node_is_where_the_snapshot_is_and_says_so()
    {
        var cluster = new CoreCluster(3);
        var joiner = cluster.Add(9);
        joiner.Receive(RaftMessageKind.SnapshotOffer, 1, static offer => offer with { Term = 4, Index = 50, LogTerm = 4 });
        joiner.Work();

        Assert.True(joiner.Core.TryRestore(new SnapshotId(60, 4), cluster.Initial));

        Assert.Equal((60UL, 60UL, 60UL), (joiner.Core.LastIndex, joiner.Core.CommitIndex, joiner.Core.AppliedIndex));
        Assert.Equal(cluster.Initial, joiner.Core.Membership);
        Assert.True(joiner.Core.TryReady(out var ready));
        var reply = Assert.Single(ready.Messages);
        Assert.Equal((RaftMessageKind.AppendReply, 1UL, 60UL, false), (reply.Kind, reply.To, reply.Index, reply.Reject));
        Assert.Equal(60UL, ready.HardState!.Value.Commit);
        Assert.Empty(ready.Committed);
    }

    [Theory]
    [InlineData(3, 2, true, 6)]
    [InlineData(6, 2, true, 6)]
    [InlineData(5, 3, true, 5)]
    [InlineData(9, 3, true, 9)]
    [InlineData(2, 2, false, 6)]
    [InlineData(1, 1, false, 6)]
    public void A_tail_stays_only_where_the_log_agrees_with_the_snapshot(int index, int term, bool restored, int lastIndex)
    {
        var cluster = new CoreCluster(3);
        var node = cluster.Add(2, CoreDisk.WithLog(cluster.Initial, new HardState(3, 0, 2), 2, 2, 2, 2, 2));
        node.Work();

        Assert.Equal(restored, node.Core.TryRestore(new SnapshotId((ulong)index, (ulong)term), cluster.Initial));

        Assert.Equal((ulong)lastIndex, node.Core.LastIndex);
        Assert.Equal(restored ? (ulong)index : 2, node.Core.AppliedIndex);
    }

    /// <summary>The tail that goes was acknowledged to nobody who counts; kept, it would pass for the leader's.</summary>
    [Fact]
    public void After_a_restore_entries_of_the_old_tail_are_not_acknowledged()
    {
        var cluster = new CoreCluster(3);
        var node = cluster.Add(2, CoreDisk.WithLog(cluster.Initial, new HardState(3, 0, 1), 2, 2, 2, 2, 2));
        node.Core.TryRestore(new SnapshotId(4, 3), cluster.Initial);

        node.Receive(RaftMessageKind.Append, 1, static append => append with { Index = 5, LogTerm = 2, Commit = 5 });
        node.Receive(RaftMessageKind.Append, 1, static append => append with { Index = 4, LogTerm = 3, Commit = 4 });

        var replies = node.Work().Where(static message => message.Kind == RaftMessageKind.AppendReply);
        Assert.Equal([(true, 5UL), (false, 4UL)], replies.Select(static reply => (reply.Reject, reply.Index)));
    }

    [Fact]
    public void A_snapshot_of_a_later_term_moves_the_node_there()
    {
        var cluster = new CoreCluster(3);
        var node = cluster[2];
        node.Work();

        node.Core.TryRestore(new SnapshotId(10, 7), cluster.Initial);
        node.Work();

        Assert.Equal(new HardState(7, 0, 10), node.Disk.HardState);
    }

    [Fact]
    public void A_leader_restores_nothing_and_nobody_restores_while_a_ready_is_open()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);
        Assert.False(leader.Core.TryRestore(new SnapshotId(99, 2), cluster.Initial));

        leader.Propose("a");
        Assert.True(leader.Core.TryReady(out _));

        Assert.Throws<InvalidOperationException>(() => leader.Core.TryRestore(new SnapshotId(99, 2), cluster.Initial));
        Assert.Throws<InvalidOperationException>(() => leader.Core.TryReady(out _));
        leader.Core.Advance();
        Assert.Throws<InvalidOperationException>(leader.Core.Advance);
    }

    [Fact]
    public void Nothing_is_restored_while_entries_wait_to_be_persisted()
    {
        var cluster = new CoreCluster(3);
        var node = cluster[2];
        node.Receive(RaftMessageKind.Append, 1, static append => append with
        {
            Index = 1,
            LogTerm = 1,
            Entries = [new RaftEntry(2, 1, LogEntryType.Commands, CoreNode.Payload("a"))],
        });

        Assert.Throws<InvalidOperationException>(() => node.Core.TryRestore(new SnapshotId(9, 1), cluster.Initial));
        node.Work();

        Assert.True(node.Core.TryRestore(new SnapshotId(9, 1), cluster.Initial));
    }

    [Fact]
    public void A_node_that_starts_from_a_snapshot_of_a_later_term_is_in_that_term()
    {
        var cluster = new CoreCluster(3);
        var disk = new CoreDisk();
        disk.Install(new SnapshotId(10, 5), cluster.Initial, []);

        var node = cluster.Add(2, disk);

        Assert.Equal((5UL, 10UL, 10UL), (node.Core.Term, node.Core.CommitIndex, node.Core.AppliedIndex));
    }

    [Fact]
    public void Only_what_is_applied_can_be_compacted()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);
        leader.Propose("a");

        Assert.Throws<ArgumentOutOfRangeException>(() => leader.Core.Compact(3));
        leader.Core.Compact(2);
        leader.Core.Compact(1);
        cluster.Settle();

        Assert.Equal(["a"], cluster[2].Commands);
    }

    // Node 3 lacks twenty entries, of which the leader keeps five.
    private static CoreCluster Behind()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);
        cluster.Isolate(3);
        for (var i = 0; i < 20; i++)
        {
            leader.Propose($"{i}");
            cluster.Settle();
        }

        leader.TakeSnapshot(keep: 5);
        cluster.Heal();
        return cluster;
    }
}
