using Spillway.Raft.Core;
using Xunit;

namespace Spillway.Raft.Tests.Core;

/// <summary>What a leader sends to whom and when: probe, pipeline, snapshot; and how it gets over loss.</summary>
public sealed class FlowTests
{
    [Fact]
    public void An_unanswered_probe_is_sent_once_until_there_is_a_sign_of_life()
    {
        var cluster = new CoreCluster(3);
        cluster.Lose = static message => message.To == 3 && message.Kind == RaftMessageKind.Append;
        var leader = cluster.Elect(1);
        for (var i = 0; i < 10; i++)
        {
            leader.Propose($"{i}");
            cluster.Settle();
        }

        Assert.Single(AppendsTo(cluster, 3));
        cluster.Tick(1, 1);

        Assert.Equal(2, AppendsTo(cluster, 3).Count);
    }

    [Fact]
    public void Once_the_logs_agree_appends_follow_without_waiting_up_to_the_window()
    {
        var cluster = new CoreCluster(3, configure: static options => options with { InFlightMessagesMax = 4 });
        var leader = cluster.Elect(1);
        var sent = new List<RaftMessage>();
        for (var i = 0; i < 10; i++)
        {
            leader.Propose($"{i}");
            sent.AddRange(leader.Work().Where(static message => message.To == 2));
        }

        Assert.Equal([3UL, 4UL, 5UL, 6UL], sent.Select(static append => Assert.Single(append.Entries).Index));

        // Room for two: what has gathered goes into the next message, as far as that holds it.
        leader.Receive(RaftMessageKind.AppendReply, 2, static reply => reply with { Index = 4 });
        var next = Assert.Single(leader.Work(), static message => message is { To: 2, Entries.Count: > 0 });
        Assert.Equal(Enumerable.Range(7, 6), next.Entries.Select(static entry => (int)entry.Index));
    }

    [Fact]
    public void A_message_holds_as_many_bytes_as_it_may_but_one_entry_at_least()
    {
        var cluster = new CoreCluster(2, configure: static options => options with { MessageBytesMax = 250 });
        var leader = cluster.Elect(1);
        foreach (var length in new[] { 1, 1, 1, 1, 1, 1000, 1 })
        {
            leader.Propose(new string('x', length));
        }

        var appends = leader.Work().Where(static message => message.Entries.Count > 0);

        // 53 bytes each.
        Assert.Equal([4, 1, 1, 1], appends.Select(static append => append.Entries.Count));
    }

    [Fact]
    public void A_lost_append_is_found_missing_at_the_next_sign_of_life()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);
        cluster.Lose = static message => message.To == 3 && message.Kind == RaftMessageKind.Append;
        leader.Propose("a");
        cluster.Settle();
        cluster.Lose = static _ => false;
        Assert.Equal(2UL, cluster[3].Core.LastIndex);

        cluster.Tick(2, 1);

        Assert.Equal(["a"], cluster[3].Commands);
    }

    [Fact]
    public void A_full_window_of_lost_appends_stops_nobody_for_good()
    {
        var cluster = new CoreCluster(3, configure: static options => options with { InFlightMessagesMax = 2 });
        var leader = cluster.Elect(1);
        cluster.Isolate(3);
        for (var i = 0; i < 10; i++)
        {
            leader.Propose($"{i}");
            cluster.Settle();
        }

        cluster.Heal();
        cluster.Tick(3, 1);

        Assert.Equal(10, cluster[3].Commands.Count());
    }

    [Fact]
    public void An_unreachable_follower_is_probed_and_not_flooded()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);
        cluster.Isolate(3);
        leader.Propose("a");
        cluster.Settle();
        leader.Core.ReportUnreachable(3);
        cluster.Sent.Clear();
        for (var i = 0; i < 10; i++)
        {
            leader.Propose($"{i}");
            cluster.Settle();
        }

        var probe = Assert.Single(AppendsTo(cluster, 3));
        Assert.Equal(2UL, probe.Index);
    }

    [Fact]
    public void Followers_hear_of_a_commit_without_waiting_for_a_tick()
    {
        var cluster = new CoreCluster(3);

        cluster.Elect(1).Propose("a");
        cluster.Settle();

        Assert.All(cluster.Nodes, static node => Assert.Equal(3UL, node.Core.CommitIndex));
    }

    [Fact]
    public void A_lost_commit_comes_with_the_next_heartbeat()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);
        cluster.Lose = static message => message is { Kind: RaftMessageKind.Append, Entries.Count: 0 };
        leader.Propose("a");
        cluster.Settle();
        Assert.Empty(cluster[2].Commands);

        cluster.Tick(1, 1);

        Assert.Equal(["a"], cluster[2].Commands);
    }

    [Fact]
    public void A_group_with_nothing_to_do_sends_heartbeats_and_nothing_else()
    {
        var cluster = new CoreCluster(3, configure: static options => options with { HeartbeatTicks = 3 });
        cluster.Elect(1).Propose("a");
        cluster.Settle();
        cluster.Sent.Clear();

        cluster.Tick(9);

        Assert.Equal(6, cluster.Sent.Count(static message => message.Kind == RaftMessageKind.Heartbeat));
        Assert.Equal(6, cluster.Sent.Count(static message => message.Kind == RaftMessageKind.HeartbeatReply));
        Assert.Equal(12, cluster.Sent.Count);
    }

    [Fact]
    public void Ticks_that_are_made_up_make_one_heartbeat()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);

        leader.Core.Tick();
        leader.Core.Tick();
        leader.Core.Tick();

        Assert.Equal(2, leader.Work().Count);
    }

    [Fact]
    public void Proposals_are_refused_past_the_bound_of_uncommitted_bytes_and_taken_again_after_a_commit()
    {
        var cluster = new CoreCluster(3, configure: static options => options with { UncommittedBytesMax = 500 });
        var leader = cluster.Elect(1);
        cluster.Isolate(2, 3);
        var taken = 0;
        while (leader.Propose("x"))
        {
            taken++;
            Assert.True(taken < 100);
        }

        // 53 bytes each.
        Assert.Equal(9, taken);
        cluster.Settle();
        cluster.Heal();
        cluster.Tick(2, 1);

        Assert.Equal(12UL - 1, leader.Core.CommitIndex);
        Assert.True(leader.Propose(new string('x', 5000)));
        Assert.False(leader.Propose("x"));
    }

    [Fact]
    public void What_an_earlier_leader_left_uncommitted_counts_against_the_bound()
    {
        var cluster = new CoreCluster(3, configure: static options => options with { UncommittedBytesMax = 500 });
        cluster.Add(1, CoreDisk.WithLog(cluster.Initial, new(2, 1, 1), 2, 2, 2, 2, 2, 2, 2, 2));
        cluster.Lose = static message => message.Kind == RaftMessageKind.Append;
        var leader = cluster.Elect(1);

        Assert.Equal(RaftRole.Leader, leader.Core.Role);
        Assert.False(leader.Propose("x"));
    }

    [Fact]
    public void The_bound_is_counted_afresh_in_each_lead()
    {
        var cluster = new CoreCluster(3, configure: static options => options with { UncommittedBytesMax = 500 });
        var leader = cluster.Elect(1);
        cluster.Isolate(2, 3);
        for (var i = 0; i < 5; i++)
        {
            leader.Propose("x");
        }

        leader.Receive(RaftMessageKind.AppendReply, 2, static reply => reply with { Term = 3 });
        leader.Win(2);

        // Five of 53 bytes and one of 48 are there.
        Assert.True(leader.Propose("x"));
        Assert.True(leader.Propose("x"));
        Assert.True(leader.Propose("x"));
        Assert.False(leader.Propose("x"));
    }

    [Fact]
    public void An_old_rejection_stops_no_pipeline_and_starts_no_probe()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);
        leader.Propose("a");
        cluster.Settle();

        leader.Receive(RaftMessageKind.AppendReply, 2, static reply => reply with { Reject = true, Index = 2, HintIndex = 1, HintTerm = 1 });
        leader.Propose("b");
        Assert.Equal(4UL, Assert.Single(leader.Work(), IsToTwo).Entries[0].Index);
        leader.Propose("c");
        Assert.Equal(5UL, Assert.Single(leader.Work(), IsToTwo).Entries[0].Index);

        leader.Core.ReportUnreachable(2);
        Assert.Equal(3UL, Assert.Single(leader.Work(), IsToTwo).Index);
        leader.Receive(RaftMessageKind.AppendReply, 2, static reply => reply with { Reject = true, Index = 4, HintIndex = 2, HintTerm = 2 });
        Assert.Empty(leader.Work());

        static bool IsToTwo(RaftMessage message) => message.To == 2;
    }

    [Fact]
    public void A_payload_without_room_for_its_head_is_an_error_of_the_caller()
    {
        var leader = new CoreCluster(1).Elect(1);

        Assert.Throws<ArgumentOutOfRangeException>(() => leader.Core.TryPropose(new byte[47]));
    }

    private static List<RaftMessage> AppendsTo(CoreCluster cluster, ulong id) =>
        cluster.Sent.FindAll(message => message.Kind == RaftMessageKind.Append && message.To == id);
}
