using Spillway.Raft.Core;
using Xunit;

namespace Spillway.Raft.Tests.Core;

/// <summary>Pre-vote, check-quorum and the leader lease: a node in trouble must not trouble a group that works.</summary>
public sealed class DisturbanceTests
{
    [Fact]
    public void A_node_that_was_cut_off_comes_back_in_its_old_term_and_deposes_nobody()
    {
        var cluster = new CoreCluster(3);
        cluster.Elect(1);
        cluster.Isolate(3);
        cluster.Tick(200);
        Assert.Equal((RaftRole.Candidate, 2UL), (cluster[3].Core.Role, cluster[3].Core.Term));
        cluster.Heal();

        cluster.Tick(30);

        Assert.All(cluster.Nodes, static node => Assert.Equal((2UL, 1UL), (node.Core.Term, node.Core.LeaderId)));
    }

    [Fact]
    public void A_pre_vote_changes_nothing_where_it_is_granted()
    {
        var node = new CoreCluster(3)[2];
        node.Work();
        node.Done.Clear();

        node.Receive(RaftMessageKind.PreVote, 1, static vote => vote with { Term = 2, Index = 1, LogTerm = 1 });
        node.Receive(RaftMessageKind.PreVote, 3, static vote => vote with { Term = 2, Index = 1, LogTerm = 1 });
        var replies = node.Work();

        Assert.Equal([(1UL, 2UL, false), (3UL, 2UL, false)], replies.Select(static reply => (reply.To, reply.Term, reply.Reject)));
        Assert.Equal(1UL, node.Core.Term);
        Assert.Null(Assert.Single(node.Done).HardState);
    }

    [Fact]
    public void A_pre_vote_is_refused_to_a_log_that_is_behind()
    {
        var cluster = new CoreCluster(3);
        cluster.Isolate(3);
        cluster.Elect(1).Propose("a");
        cluster.Settle();
        cluster.Isolate(1);
        cluster[2].Restart();
        cluster.Heal();

        cluster[2].Receive(RaftMessageKind.PreVote, 3, static vote => vote with { Term = 3, Index = 1, LogTerm = 1 });

        var reply = Assert.Single(cluster[2].Work(), static message => message.Kind == RaftMessageKind.PreVoteReply);
        Assert.Equal((true, 2UL), (reply.Reject, reply.Term));
    }

    /// <summary>Two nodes of different terms could otherwise refuse each other for ever.</summary>
    [Fact]
    public void A_pre_vote_of_an_earlier_term_is_answered_with_the_later_one()
    {
        var cluster = new CoreCluster(3);
        var node = cluster[1];
        node.Receive(RaftMessageKind.VoteReply, 2, static reply => reply with { Term = 9 });

        node.Receive(RaftMessageKind.PreVote, 3, static vote => vote with { Term = 2, Index = 1, LogTerm = 1 });

        var reply = Assert.Single(node.Work());
        Assert.Equal((RaftMessageKind.PreVoteReply, true, 9UL), (reply.Kind, reply.Reject, reply.Term));
    }

    [Fact]
    public void A_pre_candidate_that_most_refuse_gives_up()
    {
        var node = new CoreCluster(3)[1];
        node.Core.Campaign();
        node.Work();

        node.Receive(RaftMessageKind.PreVoteReply, 2, static reply => reply with { Reject = true });
        Assert.Equal(RaftRole.Candidate, node.Core.Role);
        node.Receive(RaftMessageKind.PreVoteReply, 3, static reply => reply with { Reject = true });

        Assert.Equal((RaftRole.Follower, 1UL), (node.Core.Role, node.Core.Term));
    }

    [Theory]
    [InlineData(1UL)]
    [InlineData(3UL)]
    public void A_pre_votes_consent_counts_for_the_term_it_was_asked_for(ulong term)
    {
        var node = new CoreCluster(3)[1];
        node.Core.Campaign();
        node.Work();

        node.Receive(RaftMessageKind.PreVoteReply, 2, reply => reply with { Term = term });
        node.Work();

        Assert.Equal(1UL, node.Core.Term);
    }

    [Fact]
    public void A_leader_without_a_majority_steps_down_within_two_election_timeouts()
    {
        var cluster = new CoreCluster(5);
        cluster.Elect(1);
        cluster.Isolate(3, 4, 5);

        cluster.Tick(20, 1, 2);

        Assert.Equal((RaftRole.Follower, 0UL, 2UL), (cluster[1].Core.Role, cluster[1].Core.LeaderId, cluster[1].Core.Term));
    }

    [Fact]
    public void A_leader_with_a_majority_keeps_leading()
    {
        var cluster = new CoreCluster(5);
        cluster.Elect(1);
        cluster.Isolate(4, 5);

        cluster.Tick(300, 1, 2, 3);

        Assert.Equal((RaftRole.Leader, 2UL), (cluster[1].Core.Role, cluster[1].Core.Term));
    }

    [Fact]
    public void Learners_do_not_keep_a_leader_in_office()
    {
        var cluster = new CoreCluster(3, learners: 2);
        cluster.Elect(1);
        cluster.Isolate(2, 3);

        cluster.Tick(20, 1, 4, 5);

        Assert.NotEqual(RaftRole.Leader, cluster[1].Core.Role);
    }

    [Fact]
    public void A_leader_of_one_needs_nobody()
    {
        var cluster = new CoreCluster(1, learners: 1);
        cluster.Elect(1);
        cluster.Isolate(2);

        cluster.Tick(100, 1);

        Assert.Equal(RaftRole.Leader, cluster[1].Core.Role);
    }

    /// <summary>Neither the leader nor a node that hears of it lets itself be moved to a later term.</summary>
    [Theory]
    [InlineData(1UL, nameof(RaftMessageKind.Vote))]
    [InlineData(2UL, nameof(RaftMessageKind.Vote))]
    [InlineData(1UL, nameof(RaftMessageKind.PreVote))]
    [InlineData(2UL, nameof(RaftMessageKind.PreVote))]
    public void Within_the_lease_votes_are_not_even_answered(ulong voter, string kind)
    {
        var cluster = new CoreCluster(3);
        cluster.Elect(1);

        cluster[voter].Receive(Enum.Parse<RaftMessageKind>(kind), 3, static vote => vote with { Term = 9, Index = 99, LogTerm = 8 });

        Assert.Equal((2UL, 1UL), (cluster[voter].Core.Term, cluster[voter].Core.LeaderId));
        Assert.Empty(cluster[voter].Work());
    }

    [Fact]
    public void The_lease_ends_an_election_timeout_after_the_leader_was_last_heard_of()
    {
        var cluster = new CoreCluster(3);
        cluster.Elect(1);
        for (var i = 0; i < 9; i++)
        {
            cluster[2].Core.Tick();
        }

        Ask();
        Assert.Equal(2UL, cluster[2].Core.Term);
        cluster[2].Core.Tick();
        Ask();

        Assert.Equal(9UL, cluster[2].Core.Term);

        void Ask() => cluster[2].Receive(
            RaftMessageKind.Vote, 3, static vote => vote with { Term = 9, Index = 99, LogTerm = 8 });
    }

    [Fact]
    public void A_removed_node_disturbs_nobody()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);
        cluster.Isolate(3);
        Assert.True(leader.Propose(MemberChangeKind.Remove, 3));
        cluster.Settle();
        cluster.Heal();

        // It never heard of it, and asks as long as it lives.
        for (var i = 0; i < 20; i++)
        {
            cluster.Tick(10);
            cluster.RunOutOfTime(3);
            cluster.Settle();
        }

        Assert.Equal((RaftRole.Leader, 2UL), (leader.Core.Role, leader.Core.Term));
        Assert.Equal(1UL, cluster[2].Core.LeaderId);
    }

    /// <summary>A failed hand-over leaves a node in a later term, where it would take nothing from its leader.</summary>
    [Fact]
    public void A_leader_learns_of_a_node_that_is_in_a_later_term()
    {
        var cluster = new CoreCluster(3);
        cluster.Elect(1).Propose("a");
        cluster.Settle();
        cluster.Lose = static message => message.From == 3;
        cluster[3].Receive(RaftMessageKind.TimeoutNow, 1);
        cluster.Settle();
        Assert.Equal(3UL, cluster[3].Core.Term);
        cluster.Lose = static _ => false;

        cluster.Tick(60);

        var leader = Assert.Single(cluster.Nodes, static node => node.Core.Role == RaftRole.Leader);
        Assert.True(leader.Core.Term >= 3);
        Assert.True(leader.Propose("b"));
        cluster.Settle();
        Assert.All(cluster.Nodes, static node => Assert.Equal(["a", "b"], node.Commands));
    }
}
