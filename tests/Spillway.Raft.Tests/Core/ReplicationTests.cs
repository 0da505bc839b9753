using Spillway.Raft.Core;
using Spillway.Raft.Segments;
using Xunit;

namespace Spillway.Raft.Tests.Core;

/// <summary>Log matching, acknowledgement and commit (Raft thesis §3.5 and §3.6). Logs begin with the bootstrap at (1, 1).</summary>
public sealed class ReplicationTests
{
    [Fact]
    public void A_leaders_proposals_are_applied_everywhere_in_order()
    {
        var cluster = new CoreCluster(3, learners: 1);
        var leader = cluster.Elect(1);
        for (var i = 0; i < 100; i++)
        {
            Assert.True(leader.Propose($"{i}"));
        }

        cluster.Settle();

        Assert.All(cluster.Nodes, static node =>
            Assert.Equal(Enumerable.Range(0, 100).Select(static i => $"{i}"), node.Commands));
    }

    [Fact]
    public void The_core_fills_in_an_entrys_index_and_term()
    {
        var cluster = new CoreCluster(1);
        var leader = cluster.Elect(1);

        leader.Propose("a");
        cluster.Settle();

        var entry = leader.Applied[^1];
        Assert.True(LogEntryHeader.TryRead(entry.Payload.Span, out var header));
        Assert.Equal((3UL, 2UL, LogEntryType.Commands), (entry.Index, entry.Term, entry.Type));
        Assert.Equal((3UL, 2UL, LogEntryType.Commands, 1), (header.Index, header.Term, header.Type, header.CommandCount));
    }

    [Fact]
    public void A_leaders_first_entry_is_empty_and_of_its_term()
    {
        var cluster = new CoreCluster(3);

        cluster.Elect(2);

        var first = Assert.Single(cluster[1].Applied);
        Assert.True(LogEntryHeader.TryRead(first.Payload.Span, out var header));
        Assert.Equal((2UL, 2UL, 0, 2UL), (header.Index, header.Term, header.CommandCount, header.NodeId));
    }

    [Theory]
    [InlineData(3, 1, true)]
    [InlineData(3, 2, false)]
    [InlineData(5, 2, true)]
    [InlineData(5, 3, false)]
    public void An_entry_is_committed_by_a_majority_and_not_by_less(int voters, int unreachable, bool committed)
    {
        var cluster = new CoreCluster(voters);
        var leader = cluster.Elect(1);
        cluster.Isolate([.. Enumerable.Range(2, unreachable).Select(static id => (ulong)id)]);

        leader.Propose("a");
        cluster.Settle();

        Assert.Equal(committed ? 3UL : 2, leader.Core.CommitIndex);
        Assert.Equal(committed ? ["a"] : [], cluster[(ulong)voters].Commands);
    }

    [Fact]
    public void Learners_hold_entries_and_commit_none()
    {
        var cluster = new CoreCluster(3, learners: 2);
        var leader = cluster.Elect(1);
        cluster.Isolate(2, 3);

        leader.Propose("a");
        cluster.Settle();

        Assert.Equal([3UL, 3UL], leader.Core.Followers().Where(static f => f.NodeId > 3).Select(static f => f.MatchIndex));
        Assert.Equal(2UL, leader.Core.CommitIndex);
    }

    /// <summary>The leader sends while it writes: its own copy must not count before that write has ended.</summary>
    [Fact]
    public void A_leaders_own_entry_counts_once_it_is_durable_there()
    {
        var cluster = new CoreCluster(4);
        var leader = cluster.Elect(1);
        leader.Propose("a");
        Assert.True(leader.Core.TryReady(out var ready));
        leader.Disk.Write(ready.HardState, ready.Entries);

        leader.Receive(RaftMessageKind.AppendReply, 2, static reply => reply with { Index = 3 });
        leader.Receive(RaftMessageKind.AppendReply, 3, static reply => reply with { Index = 3 });
        Assert.Equal(2UL, leader.Core.CommitIndex);
        leader.Core.Advance();

        Assert.Equal(3UL, leader.Core.CommitIndex);
    }

    /// <summary>Figure 3.6 of the thesis (7 of the paper): whatever a follower missed or has too much, the leader's log wins.</summary>
    [Theory]
    [InlineData(1, 1, 1, 4, 4, 5, 5, 6, 6)]
    [InlineData(1, 1, 1, 4)]
    [InlineData(1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6)]
    [InlineData(1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7)]
    [InlineData(1, 1, 1, 4, 4, 4, 4)]
    [InlineData(1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3)]
    public void A_followers_log_becomes_the_leaders(params int[] followerTerms)
    {
        var cluster = new CoreCluster(3);
        cluster.Add(1, CoreDisk.WithLog(cluster.Initial, new HardState(7, 0, 1), 1, 1, 1, 4, 4, 5, 5, 6, 6, 6));
        cluster.Add(2, CoreDisk.WithLog(cluster.Initial, new HardState(7, 0, 1), 1, 1, 1, 4, 4, 5, 5, 6, 6, 6));
        ulong[] terms = [.. followerTerms.Select(static term => (ulong)term)];
        var follower = cluster.Add(3, CoreDisk.WithLog(cluster.Initial, new HardState(7, 0, 1), terms));

        cluster.Elect(1).Propose("a");
        cluster.Settle();

        Assert.Equal([1, 1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 8, 8], follower.Disk.Terms);
        Assert.Equal(cluster[1].Commands, follower.Commands);
    }

    /// <summary>By the hint of the rejection: one message to say no, and not one for each entry that is too much.</summary>
    [Fact]
    public void A_long_stale_tail_costs_two_probes()
    {
        var cluster = new CoreCluster(3);
        var ours = Enumerable.Repeat(3UL, 200).ToArray();
        var theirs = Enumerable.Repeat(2UL, 300).ToArray();
        cluster.Add(1, CoreDisk.WithLog(cluster.Initial, new HardState(3, 0, 1), ours));
        cluster.Add(2, CoreDisk.WithLog(cluster.Initial, new HardState(3, 0, 1), ours));
        cluster.Add(3, CoreDisk.WithLog(cluster.Initial, new HardState(3, 0, 1), theirs));

        cluster.Elect(1);

        Assert.Equal(202UL, cluster[3].Core.CommitIndex);
        Assert.Equal(1, cluster.Sent.Count(static message => message.From == 3 && message.Reject));
    }

    /// <summary>Figure 3.7 of the thesis (8 of the paper): the old entry is on a majority and can still be lost.</summary>
    [Fact]
    public void An_older_terms_entry_is_committed_only_together_with_one_of_the_own_term()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Add(1, CoreDisk.WithLog(cluster.Initial, new HardState(2, 1, 1), 2));
        cluster.Lose = static message => message.Kind == RaftMessageKind.Append && message.Entries.Any(static e => e.Term == 3);
        cluster.Elect(1);

        // Entry 2 of term 2 reaches everyone; that of term 3 behind it does not.
        foreach (var follower in new ulong[] { 2, 3 })
        {
            leader.Receive(RaftMessageKind.AppendReply, follower, static reply => reply with { Index = 2 });
        }

        cluster.Settle();
        Assert.Equal(1UL, leader.Core.CommitIndex);
        leader.Receive(RaftMessageKind.AppendReply, 2, static reply => reply with { Index = 3 });

        Assert.Equal(3UL, leader.Core.CommitIndex);
    }

    /// <summary>Mutant 1 of the notes: the stale tail behind what the message has shown is not the leader's.</summary>
    [Fact]
    public void A_follower_acknowledges_what_the_message_has_shown_and_not_its_own_tail()
    {
        var cluster = new CoreCluster(3);
        var follower = cluster.Add(2, CoreDisk.WithLog(cluster.Initial, new HardState(3, 0, 1), 2, 2, 2, 2));

        follower.Receive(RaftMessageKind.Append, 1, static append => append with
        {
            Term = 4,
            Index = 2,
            LogTerm = 2,
            Commit = 5,
            Entries = [new RaftEntry(3, 2, LogEntryType.Commands, CoreNode.Payload("3/2"))],
        });
        var reply = Assert.Single(follower.Work());

        Assert.Equal((false, 3UL), (reply.Reject, reply.Index));
        Assert.Equal(3UL, follower.Core.CommitIndex);
        Assert.Equal([1, 2, 2, 2, 2], follower.Disk.Terms);
    }

    [Fact]
    public void An_acknowledgement_leaves_with_the_entries_it_is_about()
    {
        var follower = new CoreCluster(3)[2];
        follower.Work();
        follower.Done.Clear();

        follower.Receive(RaftMessageKind.Append, 1, static append => append with
        {
            Index = 1,
            LogTerm = 1,
            Entries = [new RaftEntry(2, 1, LogEntryType.Commands, CoreNode.Payload("a"))],
        });
        follower.Work();

        var ready = Assert.Single(follower.Done);
        Assert.True(ready.MustSync);
        Assert.Equal(2UL, Assert.Single(ready.Entries).Index);
        Assert.Equal(2UL, Assert.Single(ready.Messages).Index);
    }

    [Fact]
    public void Old_and_repeated_appends_take_nothing_away()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);
        for (var i = 0; i < 5; i++)
        {
            leader.Propose($"{i}");
            cluster.Settle();
        }

        var before = cluster[2].Disk.Terms.ToArray();
        foreach (var message in cluster.Sent.Where(static m => m.To == 2 && m.Kind == RaftMessageKind.Append).Reverse())
        {
            cluster[2].Core.Step(message);
        }

        Assert.All(cluster[2].Work(), static reply => Assert.Equal((false, 7UL), (reply.Reject, reply.Index)));
        Assert.Equal(before, cluster[2].Disk.Terms);
        Assert.Equal(7UL, cluster[2].Core.LastIndex);
    }

    [Fact]
    public void A_shorter_append_of_the_same_term_keeps_the_entries_behind_it()
    {
        var cluster = new CoreCluster(3);
        var follower = cluster.Add(2, CoreDisk.WithLog(cluster.Initial, new HardState(2, 0, 1), 2, 2, 2));

        follower.Receive(RaftMessageKind.Append, 1, static append => append with
        {
            Index = 1,
            LogTerm = 1,
            Entries = [new RaftEntry(2, 2, LogEntryType.Commands, CoreNode.Payload("2/2"))],
        });
        follower.Work();

        Assert.Equal(4UL, follower.Core.LastIndex);
    }

    /// <summary>Prev unknown: the hint names the last place where the logs can still agree.</summary>
    [Theory]
    [InlineData(9, 3, 6, 3)]
    [InlineData(6, 4, 6, 3)]
    [InlineData(6, 2, 4, 2)]
    [InlineData(5, 1, 1, 1)]
    public void A_rejection_says_how_far_back_to_go(int index, int term, int hintIndex, int hintTerm)
    {
        var cluster = new CoreCluster(3);
        var follower = cluster.Add(2, CoreDisk.WithLog(cluster.Initial, new HardState(5, 0, 1), 2, 2, 2, 3, 3));

        follower.Receive(
            RaftMessageKind.Append, 1, append => append with { Index = (ulong)index, LogTerm = (ulong)term });

        var reply = Assert.Single(follower.Work());
        Assert.Equal((true, (ulong)index), (reply.Reject, reply.Index));
        Assert.Equal(((ulong)hintIndex, (ulong)hintTerm), (reply.HintIndex, reply.HintTerm));
    }

    [Theory]
    [InlineData(4, 3, 2)]
    [InlineData(4, 4, 3)]
    [InlineData(3, 9, 2)]
    public void A_heartbeat_commits_nothing_that_is_not_there(int lastIndex, int commit, int expected)
    {
        var cluster = new CoreCluster(3);
        var terms = Enumerable.Repeat(2UL, lastIndex - 1).ToArray();
        var follower = cluster.Add(2, CoreDisk.WithLog(cluster.Initial, new HardState(2, 0, 2), terms));

        follower.Receive(RaftMessageKind.Heartbeat, 1, beat => beat with { Commit = (ulong)commit - 1 + (commit > lastIndex ? 1UL : 0) });

        Assert.Equal((ulong)expected, follower.Core.CommitIndex);
    }

    [Fact]
    public void A_heartbeat_carries_no_more_of_the_commit_index_than_the_follower_has()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);
        cluster.Isolate(3);
        leader.Propose("a");
        cluster.Settle();
        cluster.Sent.Clear();

        cluster.Tick(1, 1);

        var beats = cluster.Sent.Where(static message => message.Kind == RaftMessageKind.Heartbeat);
        Assert.Equal([(2UL, 3UL), (3UL, 2UL)], beats.Select(static beat => (beat.To, beat.Commit)));
    }

    /// <summary>Entries with a gap, out of order, of falling terms or of a term to come: no leader sends such a thing.</summary>
    [Theory]
    [InlineData(1, 1, "3/1")]
    [InlineData(1, 1, "2/1 2/1")]
    [InlineData(1, 1, "2/1 4/1")]
    [InlineData(1, 1, "2/2 3/1")]
    [InlineData(1, 1, "2/9")]
    [InlineData(1, 9, "")]
    public void An_append_that_makes_no_sense_is_dropped(int index, int term, string entries)
    {
        var cluster = new CoreCluster(3);
        var follower = cluster.Add(2, CoreDisk.WithLog(cluster.Initial, new HardState(5, 0, 1)));

        follower.Receive(RaftMessageKind.Append, 1, append => append with
        {
            Index = (ulong)index,
            LogTerm = (ulong)term,
            Entries = [.. entries.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static text => text.Split('/'))
                .Select(static at => new RaftEntry(ulong.Parse(at[0]), ulong.Parse(at[1]), LogEntryType.Commands, CoreNode.Payload("x")))],
        });

        Assert.Empty(follower.Work());
        Assert.Equal(1UL, follower.Core.LastIndex);
    }

    [Fact]
    public void A_leader_believes_nobody_who_claims_more_than_it_has()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);

        leader.Receive(RaftMessageKind.AppendReply, 2, static reply => reply with { Index = 99 });
        leader.Receive(RaftMessageKind.AppendReply, 9, static reply => reply with { Index = 2 });
        leader.Receive(RaftMessageKind.Append, 2, static append => append with { Index = 1, LogTerm = 1 });

        Assert.Equal(RaftRole.Leader, leader.Core.Role);
        Assert.All(leader.Core.Followers(), static follower => Assert.Equal(2UL, follower.MatchIndex));
    }
}
