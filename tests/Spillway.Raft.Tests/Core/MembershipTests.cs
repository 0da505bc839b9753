using Spillway.Raft.Core;
using Spillway.Raft.Segments;
using Xunit;

namespace Spillway.Raft.Tests.Core;

public sealed class MembershipTests
{
    [Fact]
    public void One_node_grows_to_three_and_shrinks_back_without_a_pause()
    {
        var cluster = new CoreCluster(1);
        var leader = cluster.Elect(1);
        foreach (var id in new ulong[] { 2, 3 })
        {
            cluster.Add(id);
            Change(cluster, leader, MemberChangeKind.AddLearner, id);
            cluster.Tick(2);
            cluster.FetchSnapshots();
            cluster.Tick(2);
            Assert.Equal(RaftRole.Learner, cluster[id].Core.Role);
            Change(cluster, leader, MemberChangeKind.Promote, id);
            leader.Propose($"with {id}");
            cluster.Settle();
        }

        Assert.All(cluster.Nodes, static node => Assert.Equal(3, node.Core.Membership.VoterCount));
        Assert.All(cluster.Nodes, static node => Assert.Equal(["with 2", "with 3"], node.Commands));

        leader.Core.TryTransferLeadership(3);
        cluster.Settle();
        Change(cluster, cluster[3], MemberChangeKind.Remove, 1);
        Change(cluster, cluster[3], MemberChangeKind.Remove, 2);
        cluster.Isolate(1, 2);
        Assert.True(cluster[3].Propose("alone"));
        cluster.Settle();

        Assert.Equal(["with 2", "with 3", "alone"], cluster[3].Commands);
        Assert.Equal(3UL, Assert.Single(cluster[3].Core.Membership.Members).NodeId);
    }

    [Theory]
    [InlineData(nameof(MemberChangeKind.AddLearner), 9, "1 2 3? 9?")]
    [InlineData(nameof(MemberChangeKind.AddLearner), 3, "1 2 3?")]
    [InlineData(nameof(MemberChangeKind.AddLearner), 2, null)]
    [InlineData(nameof(MemberChangeKind.AddLearner), 0, null)]
    [InlineData(nameof(MemberChangeKind.Promote), 3, "1 2 3")]
    [InlineData(nameof(MemberChangeKind.Promote), 2, null)]
    [InlineData(nameof(MemberChangeKind.Promote), 9, null)]
    [InlineData(nameof(MemberChangeKind.Demote), 2, "1 2? 3?")]
    [InlineData(nameof(MemberChangeKind.Demote), 3, null)]
    [InlineData(nameof(MemberChangeKind.Demote), 9, null)]
    [InlineData(nameof(MemberChangeKind.Remove), 2, "1 3?")]
    [InlineData(nameof(MemberChangeKind.Remove), 3, "1 2")]
    [InlineData(nameof(MemberChangeKind.Remove), 9, null)]
    public void A_change_does_what_it_says_or_nothing(string kind, int nodeId, string? after)
    {
        var before = new CoreCluster(2, learners: 1).Initial;

        var membership = before.After(new MemberChange(Enum.Parse<MemberChangeKind>(kind), (ulong)nodeId, "there:1", "svc:1"));

        Assert.Equal(after, membership is null ? null : string.Join(' ', membership.Members.Select(
            static member => member.Voter ? $"{member.NodeId}" : $"{member.NodeId}?")));
    }

    [Theory]
    [InlineData(nameof(MemberChangeKind.Demote))]
    [InlineData(nameof(MemberChangeKind.Remove))]
    public void The_last_voter_stays(string kind)
    {
        var before = new CoreCluster(1, learners: 2).Initial;

        Assert.Null(before.After(new MemberChange(Enum.Parse<MemberChangeKind>(kind), 1)));
    }

    [Fact]
    public void A_learner_that_is_added_again_gets_its_new_address_and_a_promoted_one_keeps_its_own()
    {
        var membership = new CoreCluster(1, learners: 1).Initial
            .After(new MemberChange(MemberChangeKind.AddLearner, 2, "new:1", "svc:2"))!
            .After(new MemberChange(MemberChangeKind.Promote, 2))!;

        Assert.Equal(new GroupMember(2, true, "new:1", "svc:2"), membership.Find(2));
    }

    [Fact]
    public void A_change_takes_effect_when_it_is_applied_and_not_before()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);
        cluster.Isolate(2, 3);
        Assert.True(leader.Propose(MemberChangeKind.Remove, 3));
        cluster.Settle();
        Assert.Equal(3, leader.Core.Membership.VoterCount);

        cluster.Heal();
        cluster.Tick(2, 1);

        Assert.All(cluster.Nodes.Take(2), static node => Assert.Equal(2, node.Core.Membership.VoterCount));
    }

    [Fact]
    public void One_change_at_a_time()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);

        Assert.True(leader.Propose(MemberChangeKind.AddLearner, 4));
        Assert.False(leader.Propose(MemberChangeKind.AddLearner, 5));
        cluster.Settle();

        Assert.True(leader.Propose(MemberChangeKind.AddLearner, 5));
    }

    /// <summary>A new leader's log may hold a change that it does not know about yet.</summary>
    [Fact]
    public void No_change_before_the_terms_first_entry_is_applied()
    {
        var cluster = new CoreCluster(3);
        cluster.Lose = static message => message.Kind == RaftMessageKind.AppendReply;
        var leader = cluster.Elect(1);
        Assert.Equal(RaftRole.Leader, leader.Core.Role);

        Assert.False(leader.Propose(MemberChangeKind.AddLearner, 4));
        cluster.Lose = static _ => false;
        cluster.Tick(2, 1);

        Assert.True(leader.Propose(MemberChangeKind.AddLearner, 4));
    }

    [Fact]
    public void A_follower_takes_no_change_and_a_change_without_sense_is_refused()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);

        Assert.False(cluster[2].Propose(MemberChangeKind.AddLearner, 4));
        Assert.False(leader.Propose(MemberChangeKind.Promote, 4));
        Assert.False(leader.Propose(MemberChangeKind.AddLearner, 2));
        Assert.Equal(2UL, leader.Core.LastIndex);
    }

    [Theory]
    [InlineData(nameof(MemberChangeKind.Demote))]
    [InlineData(nameof(MemberChangeKind.Remove))]
    public void A_leader_hands_over_before_it_leaves(string kind)
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);
        var change = Enum.Parse<MemberChangeKind>(kind);

        Assert.False(leader.Propose(change, 1));
        Assert.True(leader.Core.TryTransferLeadership(2));
        cluster.Settle();

        Change(cluster, cluster[2], change, 1);
        Assert.False(cluster[2].Core.Membership.IsVoter(1));
    }

    /// <summary>
    /// Of two, one is to be removed and becomes the leader before that is committed. If it committed it and went, the other
    /// one would wait for its vote for ever; and with entries only it has it would never give that vote.
    /// </summary>
    [Theory]
    [InlineData(nameof(MemberChangeKind.Demote))]
    [InlineData(nameof(MemberChangeKind.Remove))]
    public void A_leader_that_finds_its_own_departure_in_its_log_hands_over_and_commits_nothing(string kind)
    {
        var cluster = new CoreCluster(2);
        var first = cluster.Elect(1);
        cluster.Lose = static message => message.Kind == RaftMessageKind.AppendReply;
        Assert.True(first.Propose(Enum.Parse<MemberChangeKind>(kind), 2));
        cluster.Settle();
        Assert.Equal(3UL, cluster[2].Core.LastIndex);
        first.Restart();
        cluster.Tick(10, 2);
        var second = cluster.Elect(2);
        Assert.Equal(RaftRole.Leader, second.Core.Role);
        Assert.False(second.Propose("only here"));

        // The first time-out that is sent is lost.
        var timeouts = 0;
        cluster.Lose = message => message.Kind == RaftMessageKind.TimeoutNow && timeouts++ == 0;
        cluster.Tick(2);
        Assert.Equal((RaftRole.Leader, 2UL, 1), (second.Core.Role, second.Core.CommitIndex, timeouts));
        cluster.Tick(25);

        Assert.Equal((RaftRole.Leader, 2), (first.Core.Role, timeouts));
        Assert.False(second.Core.Membership.IsVoter(2));
        Assert.True(first.Propose("after"));
        cluster.Settle();
        Assert.Equal(["after"], first.Commands);
    }

    [Fact]
    public void A_leader_whose_departure_was_replaced_takes_proposals_again()
    {
        var cluster = new CoreCluster(3);
        var first = cluster.Elect(1);
        cluster.Lose = static message => message.To == 3 || message.Kind == RaftMessageKind.AppendReply;
        Assert.True(first.Propose(MemberChangeKind.Demote, 2));
        cluster.Settle();
        var node = cluster[2];
        node.Win(3);
        Assert.False(node.Propose("a"));

        // Node 3 never saw the change, leads, and replaces it.
        node.Receive(RaftMessageKind.Append, 3, static append => append with
        {
            Term = 9,
            Index = 2,
            LogTerm = 2,
            Entries = [new RaftEntry(3, 9, LogEntryType.Commands, CoreNode.Payload("3/9"))],
        });
        node.Receive(RaftMessageKind.AppendReply, 3, static reply => reply with { Term = 10 });
        node.Win(3);

        Assert.Equal(RaftRole.Leader, node.Core.Role);
        Assert.True(node.Propose("a"));
    }

    [Fact]
    public void Where_a_voter_leaves_fewer_are_enough_at_once()
    {
        var cluster = new CoreCluster(4);
        var leader = cluster.Elect(1);
        cluster.Isolate(4);
        Assert.True(leader.Propose(MemberChangeKind.Remove, 4));
        cluster.Settle();
        Assert.Equal(3, leader.Core.Membership.VoterCount);

        cluster.Isolate(3);
        leader.Propose("a");
        cluster.Settle();

        Assert.Equal(["a"], cluster[2].Commands);
    }

    /// <summary>A follower is two of three voters' quorum short; its removal commits what waited for it, and answers reads.</summary>
    [Fact]
    public void A_removal_commits_and_answers_what_waited_for_the_removed()
    {
        var cluster = new CoreCluster(2);
        var leader = cluster.Elect(1);
        Assert.True(leader.Propose(MemberChangeKind.Remove, 2));
        leader.Propose("a");
        leader.Work();
        var read = leader.Read();
        leader.Work();
        Assert.Empty(leader.Reads);

        // The change reaches node 2; what is behind it does not.
        leader.Receive(RaftMessageKind.AppendReply, 2, static reply => reply with { Index = 3 });
        leader.Work();

        Assert.Equal(["a"], leader.Commands);
        Assert.Equal(read, Assert.Single(leader.Reads).Id);
    }

    [Fact]
    public void A_joiner_that_is_far_behind_gets_a_snapshot_with_the_members()
    {
        var cluster = new CoreCluster(1);
        var leader = cluster.Elect(1);
        for (var i = 0; i < 50; i++)
        {
            leader.Propose($"{i}");
            cluster.Settle();
        }

        leader.TakeSnapshot(keep: 5);
        var joiner = cluster.Add(2);
        Change(cluster, leader, MemberChangeKind.AddLearner, 2);
        cluster.Tick(2);
        Assert.NotNull(joiner.Wanted);
        cluster.FetchSnapshots();
        cluster.Tick(2);

        Assert.Equal(RaftRole.Learner, joiner.Core.Role);
        Assert.Equal(leader.Commands, joiner.Commands);
    }

    /// <summary>
    /// A change is only proposed once the one before it is applied, so that one is committed. A node that lost its commit
    /// index would otherwise count votes with members two changes old.
    /// </summary>
    [Fact]
    public void The_sight_of_a_second_change_commits_the_first()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);
        Change(cluster, leader, MemberChangeKind.AddLearner, 4);
        cluster.Add(4);
        cluster.Tick(2);
        Change(cluster, leader, MemberChangeKind.Promote, 4);
        Change(cluster, leader, MemberChangeKind.AddLearner, 5);
        var follower = cluster[2];
        follower.Disk.Write(follower.Disk.HardState with { Commit = 1 }, []);

        follower.Restart();
        follower.Work();

        Assert.Equal(4, follower.Core.Membership.VoterCount);
        Assert.Null(follower.Core.Membership.Find(5));
    }

    [Fact]
    public void The_commit_of_a_change_is_durable_before_it_takes_effect()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);
        leader.Propose("a");
        leader.Propose(MemberChangeKind.AddLearner, 4);
        cluster.Settle();

        foreach (var node in cluster.Nodes)
        {
            foreach (var ready in node.Done.Where(static ready => ready.Committed.Count > 0))
            {
                var changes = ready.Committed.Any(static entry => entry.Type == LogEntryType.Membership);
                Assert.True(!changes || (ready.MustSync && ready.HardState!.Value.Commit >= ready.Committed[^1].Index));
            }
        }
    }

    /// <summary>
    /// The removed one goes as soon as it hears of the commit. A leader that told of it and then forgot it in a crash would
    /// wait for the vote of one that is gone.
    /// </summary>
    [Fact]
    public void A_leader_tells_of_a_changes_commit_only_when_that_is_durable()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);
        leader.Propose("a");
        cluster.Settle();
        Change(cluster, leader, MemberChangeKind.Remove, 3);

        var change = leader.Changes[^1].Index;
        var telling = leader.Done.First(ready => ready.Messages.Any(message => message.Commit >= change));
        Assert.True(telling is { HoldsMessages: true, MustSync: true } && telling.HardState!.Value.Commit >= change);
        Assert.Single(leader.Done, static ready => ready.HoldsMessages);
    }

    [Fact]
    public void Every_change_survives_its_format()
    {
        foreach (var kind in Enum.GetValues<MemberChangeKind>())
        {
            var change = new MemberChange(kind, ulong.MaxValue - 1, "zürich:9700", new string('s', 300));

            var payload = MemberChangeFormat.WriteEntry(change, 7, 8, 9);

            Assert.Equal(change, MemberChangeFormat.ReadEntry(payload));
            Assert.True(LogEntryHeader.TryRead(payload, out var header));
            Assert.Equal(new LogEntryHeader(0, 0, LogEntryType.Membership, 1, 7, 8, 9), header);
        }
    }

    [Fact]
    public void Half_a_change_or_an_unknown_one_is_none()
    {
        var payload = MemberChangeFormat.WriteEntry(new MemberChange(MemberChangeKind.AddLearner, 3, "a:1", "b:2"), 1, 1, 1);
        for (var length = 0; length < payload.Length; length++)
        {
            Assert.Null(MemberChangeFormat.ReadEntry(payload.AsSpan(0, length)));
        }

        // A well-formed entry whose command is cut inside, and kinds that are not there.
        for (var cut = LogEntryHeader.Bytes + 5; cut < payload.Length; cut++)
        {
            var shorter = payload[..cut];
            BitConverter.TryWriteBytes(shorter.AsSpan(LogEntryHeader.Bytes), cut - LogEntryHeader.Bytes - 4);
            Assert.Null(MemberChangeFormat.ReadEntry(shorter));
        }

        foreach (var kind in new byte[] { 0, 6, 255 })
        {
            payload[LogEntryHeader.Bytes + 4] = kind;
            Assert.Null(MemberChangeFormat.ReadEntry(payload));
        }

        Assert.Throws<ArgumentException>(() => MemberChangeFormat.WriteEntry(
            new MemberChange(MemberChangeKind.AddLearner, 3, new string('a', 70_000)), 1, 1, 1));
    }

    private static void Change(CoreCluster cluster, CoreNode leader, MemberChangeKind kind, ulong id)
    {
        Assert.True(leader.Propose(kind, id));
        cluster.Settle();
    }
}
