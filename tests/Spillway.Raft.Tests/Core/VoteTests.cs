using Spillway.Raft.Core;
using Spillway.Raft.Segments;
using Xunit;

namespace Spillway.Raft.Tests.Core;

/// <summary>Who gets a vote, what a vote is worth, and when it counts.</summary>
public sealed class VoteTests
{
    /// <summary>The candidate's log ends in term 3 at index 4; the voter's as given.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(true, 2)]
    [InlineData(true, 2, 2, 2, 2, 2)]
    [InlineData(true, 3)]
    [InlineData(true, 3, 3, 3)]
    [InlineData(false, 3, 3, 3, 3)]
    [InlineData(false, 4)]
    public void Only_a_log_that_is_as_new_gets_a_vote(bool granted, params int[] voterTerms)
    {
        var cluster = new CoreCluster(3);
        ulong[] terms = [.. voterTerms.Select(static term => (ulong)term)];
        var voter = cluster.Add(2, CoreDisk.WithLog(cluster.Initial, new HardState(5, 0, 1), terms));

        voter.Receive(RaftMessageKind.Vote, 1, static vote => vote with { Term = 6, Index = 4, LogTerm = 3 });
        var reply = Assert.Single(voter.Work(), static message => message.Kind == RaftMessageKind.VoteReply);

        Assert.Equal(granted, !reply.Reject);
        Assert.Equal(6UL, reply.Term);
        Assert.Equal(new HardState(6, granted ? 1UL : 0, 1), voter.Disk.HardState);
    }

    [Fact]
    public void A_node_votes_once_in_a_term_and_remembers_it_over_a_restart()
    {
        var cluster = new CoreCluster(3);
        var voter = cluster[2];

        Assert.True(Vote(1));
        Assert.False(Vote(3));
        Assert.True(Vote(1));
        voter.Restart();
        Assert.False(Vote(3));
        Assert.True(Vote(1));

        bool Vote(ulong candidate)
        {
            voter.Receive(RaftMessageKind.Vote, candidate, static vote => vote with { Term = 2, Index = 1, LogTerm = 1 });
            return !Assert.Single(voter.Work(), static message => message.Kind == RaftMessageKind.VoteReply).Reject;
        }
    }

    [Fact]
    public void A_node_that_follows_a_leader_votes_for_nobody_else_in_that_term()
    {
        var voter = new CoreCluster(3)[2];
        voter.Receive(RaftMessageKind.Heartbeat, 1, static beat => beat with { Term = 2 });
        voter.Work();

        voter.Receive(RaftMessageKind.Vote, 3, static vote => vote with { Index = 9, LogTerm = 1 });

        Assert.True(Assert.Single(voter.Work()).Reject);
    }

    /// <summary>An entry can be durable whose term's HardState is not: no vote was given in that term, so none is remembered.</summary>
    [Fact]
    public void A_vote_of_an_earlier_term_than_the_logs_is_no_vote_in_that_one()
    {
        var cluster = new CoreCluster(3);
        var voter = cluster.Add(2, CoreDisk.WithLog(cluster.Initial, new HardState(2, 3, 1), 4));

        Assert.Equal(4UL, voter.Core.Term);
        voter.Receive(RaftMessageKind.Vote, 1, static vote => vote with { Index = 2, LogTerm = 4 });

        Assert.False(Assert.Single(voter.Work()).Reject);
    }

    [Fact]
    public void Who_gave_its_vote_gives_the_candidate_time()
    {
        var cluster = new CoreCluster(3);
        var voter = cluster[2];
        for (var i = 0; i < 9; i++)
        {
            voter.Core.Tick();
        }

        voter.Receive(RaftMessageKind.Vote, 1, static vote => vote with { Index = 1, LogTerm = 1 });
        for (var i = 0; i < 9; i++)
        {
            voter.Core.Tick();
        }

        Assert.Equal(RaftRole.Follower, voter.Core.Role);
    }

    [Fact]
    public void A_pre_vote_is_no_vote_and_a_vote_of_one_campaign_is_none_in_the_next()
    {
        var node = new CoreCluster(5)[1];
        node.Core.Campaign();
        node.Work();
        node.Receive(RaftMessageKind.PreVoteReply, 2, static reply => reply with { Term = 2 });
        node.Receive(RaftMessageKind.PreVoteReply, 3, static reply => reply with { Term = 2 });
        node.Work();
        Assert.Equal((RaftRole.Candidate, 2UL), (node.Core.Role, node.Core.Term));
        node.Receive(RaftMessageKind.VoteReply, 2);
        Assert.Equal(RaftRole.Candidate, node.Core.Role);

        node.Core.Campaign();
        node.Work();
        node.Receive(RaftMessageKind.PreVoteReply, 3, static reply => reply with { Term = 3 });
        node.Work();
        Assert.Equal(2UL, node.Core.Term);
        node.Receive(RaftMessageKind.PreVoteReply, 4, static reply => reply with { Term = 3 });

        Assert.Equal(3UL, node.Core.Term);
    }

    [Fact]
    public void A_vote_is_durable_before_the_answer_leaves()
    {
        var voter = new CoreCluster(3)[2];

        voter.Receive(RaftMessageKind.Vote, 1, static vote => vote with { Term = 2, Index = 1, LogTerm = 1 });
        voter.Work();

        var ready = Assert.Single(voter.Done);
        Assert.True(ready.MustSync);
        Assert.Equal(new HardState(2, 1, 1), ready.HardState);
        Assert.Single(ready.Messages, static message => message.Kind == RaftMessageKind.VoteReply);
    }

    /// <summary>
    /// A single voter that led before its own vote is durable would send entries of a term that it can forget, and then fill
    /// again with others.
    /// </summary>
    [Fact]
    public void A_candidates_own_vote_counts_once_it_is_durable()
    {
        var node = new CoreCluster(1, learners: 1)[1];

        node.Core.Campaign();

        Assert.Equal(RaftRole.Candidate, node.Core.Role);
        Assert.True(node.Core.TryReady(out var ready));
        Assert.Equal(new HardState(2, 1, 1), ready.HardState);
        Assert.Equal(RaftRole.Candidate, node.Core.Role);
        Assert.DoesNotContain(ready.Messages, static message => message.Kind == RaftMessageKind.Append);
        node.Core.Advance();
        Assert.Equal(RaftRole.Leader, node.Core.Role);
    }

    [Fact]
    public void A_write_that_ends_after_a_campaign_began_has_not_made_its_vote_durable()
    {
        var node = new CoreCluster(1)[1];
        Assert.True(node.Core.TryReady(out var before));
        Assert.NotNull(before.HardState);

        node.Core.Campaign();
        node.Core.Advance();

        Assert.Equal((RaftRole.Candidate, 2UL), (node.Core.Role, node.Core.Term));
    }

    /// <summary>It may be a voter that has not heard of its promotion, or of the candidate's.</summary>
    [Theory]
    [InlineData(2UL, 1UL)]
    [InlineData(3UL, 1UL)]
    [InlineData(2UL, 9UL)]
    public void Learners_vote_and_strangers_are_voted_for(ulong voter, ulong candidate)
    {
        var cluster = new CoreCluster(2, learners: 1);

        cluster[voter].Receive(
            RaftMessageKind.Vote, candidate, static vote => vote with { Term = 2, Index = 1, LogTerm = 1 });

        Assert.False(Assert.Single(cluster[voter].Work()).Reject);
    }
}
