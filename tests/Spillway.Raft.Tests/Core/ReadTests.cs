using Spillway.Raft.Core;
using Xunit;

namespace Spillway.Raft.Tests.Core;

public sealed class ReadTests
{
    [Fact]
    public void A_read_is_answered_at_the_commit_index_once_a_majority_has_confirmed()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);
        leader.Propose("a");
        cluster.Settle();

        var id = leader.Read();
        Assert.Empty(leader.Reads);
        cluster.Settle();

        Assert.Equal([new ReadState(id, 3)], leader.Reads);
    }

    [Fact]
    public void A_read_needs_no_tick_and_no_entry()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);
        cluster.Sent.Clear();

        leader.Read();
        cluster.Settle();

        Assert.Equal(4, cluster.Sent.Count);
        Assert.Equal(2UL, leader.Core.LastIndex);
    }

    [Fact]
    public void A_leader_without_a_majority_answers_no_read()
    {
        var cluster = new CoreCluster(3, learners: 1);
        var leader = cluster.Elect(1);
        cluster.Isolate(2, 3);

        leader.Read();
        cluster.Tick(5, 1, 4);

        Assert.Equal(RaftRole.Leader, leader.Core.Role);
        Assert.Empty(leader.Reads);
    }

    [Fact]
    public void Who_does_not_lead_takes_no_read()
    {
        var cluster = new CoreCluster(3);
        cluster.Elect(1);

        Assert.Equal(default, cluster[2].Read());
    }

    /// <summary>Mutant 8 of the notes: a new leader may not know yet what was committed before it.</summary>
    [Fact]
    public void No_read_is_answered_before_the_first_commit_of_the_leaders_term()
    {
        var cluster = new CoreCluster(3);
        cluster.Elect(1).Propose("a");
        cluster.Lose = static message => message is { Kind: RaftMessageKind.Append, Entries.Count: 0 };
        cluster.Settle();
        Assert.Equal(3UL, cluster[1].Core.CommitIndex);
        Assert.Equal(2UL, cluster[2].Core.CommitIndex);

        // Node 2 takes over; its first entry is not acknowledged, heartbeats are.
        cluster.Isolate(1);
        cluster.Tick(11, 3);
        cluster.Lose = static message => message is { Kind: RaftMessageKind.AppendReply, To: 2 };
        var leader = cluster.Elect(2);
        Assert.Equal(RaftRole.Leader, leader.Core.Role);
        var id = leader.Read();
        cluster.Tick(3, 2);
        Assert.Empty(leader.Reads);

        cluster.Lose = static _ => false;
        cluster.Tick(3, 2);

        Assert.Equal([new ReadState(id, 4)], leader.Reads);
    }

    [Fact]
    public void A_reply_confirms_its_own_round_and_those_before_it_but_none_after()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);
        var first = leader.Read();
        leader.Work();
        var second = leader.Read();
        leader.Work();
        var third = leader.Read();
        leader.Work();

        leader.Receive(RaftMessageKind.HeartbeatReply, 2, reply => reply with { Read = second });
        leader.Work();
        Assert.Equal([first, second], leader.Reads.Select(static read => read.Id));
        leader.Receive(RaftMessageKind.HeartbeatReply, 3, reply => reply with { Read = second });
        leader.Receive(RaftMessageKind.HeartbeatReply, 3);
        leader.Work();
        Assert.Equal(2, leader.Reads.Count);
        leader.Receive(RaftMessageKind.HeartbeatReply, 3, reply => reply with { Read = third });
        leader.Work();

        Assert.Equal([first, second, third], leader.Reads.Select(static read => read.Id));
    }

    [Fact]
    public void One_follower_that_replies_twice_is_no_majority()
    {
        var cluster = new CoreCluster(5);
        var leader = cluster.Elect(1);
        var id = leader.Read();
        leader.Work();

        leader.Receive(RaftMessageKind.HeartbeatReply, 2, reply => reply with { Read = id });
        leader.Receive(RaftMessageKind.HeartbeatReply, 2, reply => reply with { Read = id });
        leader.Receive(RaftMessageKind.HeartbeatReply, 9, reply => reply with { Read = id });
        leader.Work();
        Assert.Empty(leader.Reads);
        leader.Receive(RaftMessageKind.HeartbeatReply, 3, reply => reply with { Read = id });
        leader.Work();

        Assert.Single(leader.Reads);
    }

    [Fact]
    public void Reads_that_came_together_share_one_heartbeat()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);
        leader.Read();
        leader.Read();
        var last = leader.Read();

        var beats = leader.Work();

        Assert.Equal([last, last], beats.Select(static beat => beat.Read));
        Assert.All(beats, static beat => Assert.Equal(RaftMessageKind.Heartbeat, beat.Kind));
    }

    [Fact]
    public void A_lost_heartbeat_is_made_up_by_the_next_tick()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);
        cluster.Lose = static message => message.Kind == RaftMessageKind.Heartbeat;
        leader.Read();
        cluster.Settle();
        cluster.Lose = static _ => false;

        cluster.Tick(1, 1);

        Assert.Single(leader.Reads);
    }

    [Fact]
    public void Reads_that_wait_are_gone_with_the_leadership()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);
        var id = leader.Read();
        leader.Receive(RaftMessageKind.AppendReply, 2, static reply => reply with { Term = 3 });
        leader.Win(2);
        var early = leader.Read();
        leader.Receive(RaftMessageKind.AppendReply, 2, static reply => reply with { Term = 5 });
        leader.Win(2);
        leader.Receive(RaftMessageKind.AppendReply, 2, static reply => reply with { Index = 4 });
        leader.Work();
        Assert.Equal(4UL, leader.Core.CommitIndex);
        Assert.Equal(RaftRole.Leader, leader.Core.Role);

        leader.Receive(RaftMessageKind.HeartbeatReply, 2, reply => reply with { Read = id });
        leader.Receive(RaftMessageKind.HeartbeatReply, 2, reply => reply with { Read = early });
        leader.Work();

        Assert.Empty(leader.Reads);
    }

    [Fact]
    public void A_leader_of_one_answers_by_itself()
    {
        var cluster = new CoreCluster(1, learners: 1);
        var leader = cluster.Elect(1);
        cluster.Isolate(2);

        var id = leader.Read();
        leader.Work();

        Assert.Equal([new ReadState(id, 2)], leader.Reads);
    }
}
