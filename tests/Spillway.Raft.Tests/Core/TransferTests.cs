using Spillway.Raft.Core;
using Xunit;

namespace Spillway.Raft.Tests.Core;

public sealed class TransferTests
{
    [Fact]
    public void Leadership_goes_to_the_named_voter_without_a_pause()
    {
        var cluster = new CoreCluster(3);
        cluster.Elect(1).Propose("a");
        cluster.Settle();

        Assert.True(cluster[1].Core.TryTransferLeadership(3));
        cluster.Settle();

        Assert.All(cluster.Nodes, static node => Assert.Equal((3UL, 3UL), (node.Core.Term, node.Core.LeaderId)));
    }

    [Fact]
    public void A_voter_that_is_behind_catches_up_first()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);
        cluster.Isolate(3);
        for (var i = 0; i < 20; i++)
        {
            leader.Propose($"{i}");
            cluster.Settle();
        }

        Assert.True(leader.Core.TryTransferLeadership(3));
        cluster.Settle();
        Assert.DoesNotContain(cluster.Sent, static message => message.Kind == RaftMessageKind.TimeoutNow);
        cluster.Heal();
        cluster.Tick(3);

        Assert.Equal(RaftRole.Leader, cluster[3].Core.Role);
        Assert.Equal(20, cluster[3].Commands.Count());
    }

    [Fact]
    public void A_leader_that_hands_over_takes_no_proposals()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);
        cluster.Isolate(3);

        leader.Core.TryTransferLeadership(3);

        Assert.False(leader.Propose("a"));
        Assert.False(leader.Propose(MemberChangeKind.AddLearner, 4));
        Assert.NotEqual(default, leader.Read());
    }

    [Fact]
    public void A_hand_over_that_does_not_come_off_is_given_up_after_an_election_timeout()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);
        cluster.Tick(5);
        cluster.Isolate(3);
        leader.Core.TryTransferLeadership(3);

        cluster.Tick(9, 1, 2);
        Assert.False(leader.Propose("a"));
        cluster.Tick(1, 1, 2);

        Assert.True(leader.Propose("a"));
        cluster.Heal();
        cluster.Tick(3);
        Assert.Equal(RaftRole.Leader, leader.Core.Role);
    }

    [Fact]
    public void A_leader_that_is_elected_again_is_not_handing_over_any_more()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);
        cluster.Isolate(3);
        leader.Core.TryTransferLeadership(3);
        leader.Receive(RaftMessageKind.AppendReply, 2, static reply => reply with { Term = 3 });

        leader.Win(2);

        Assert.True(leader.Propose("a"));
    }

    [Theory]
    [InlineData(1UL)]
    [InlineData(4UL)]
    [InlineData(9UL)]
    public void Only_another_voter_can_take_over(ulong to)
    {
        var cluster = new CoreCluster(3, learners: 1);
        var leader = cluster.Elect(1);

        Assert.False(leader.Core.TryTransferLeadership(to));
        Assert.True(leader.Propose("a"));
    }

    [Fact]
    public void Who_does_not_lead_hands_nothing_over()
    {
        var cluster = new CoreCluster(3);
        cluster.Elect(1);

        Assert.False(cluster[2].Core.TryTransferLeadership(3));
    }

    [Fact]
    public void A_second_hand_over_takes_the_place_of_the_first()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);
        cluster.Isolate(3);
        leader.Core.TryTransferLeadership(3);

        Assert.True(leader.Core.TryTransferLeadership(2));
        cluster.Settle();

        Assert.Equal(RaftRole.Leader, cluster[2].Core.Role);
    }

    [Fact]
    public void A_successor_that_loses_its_vote_meanwhile_does_not_take_over()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);
        cluster.Isolate(3);
        Assert.True(leader.Propose(MemberChangeKind.Demote, 3));
        leader.Core.TryTransferLeadership(3);

        cluster.Settle();

        Assert.False(leader.Core.Membership.IsVoter(3));
        Assert.True(leader.Propose("a"));
    }

    /// <summary>The others have heard of the leader just now: the lease must not keep them from voting.</summary>
    [Fact]
    public void The_lease_does_not_stand_in_the_way_of_a_hand_over()
    {
        var cluster = new CoreCluster(5);
        var leader = cluster.Elect(1);
        cluster.Tick(1);

        leader.Core.TryTransferLeadership(2);
        cluster.Settle();

        var asked = cluster.Sent.Where(static message => message is { Kind: RaftMessageKind.Vote, From: 2 }).ToArray();
        Assert.Equal(4, asked.Length);
        Assert.All(asked, static message => Assert.True(message.Transfer));
        Assert.Equal(RaftRole.Leader, cluster[2].Core.Role);
    }

    [Fact]
    public void Neither_a_learner_nor_an_old_leaders_word_starts_a_campaign()
    {
        var cluster = new CoreCluster(3, learners: 1);
        cluster.Elect(1);

        cluster[4].Receive(RaftMessageKind.TimeoutNow, 1);
        cluster[2].Receive(RaftMessageKind.TimeoutNow, 3);
        cluster[2].Receive(RaftMessageKind.TimeoutNow, 1, static message => message with { Term = 1 });

        Assert.Equal(RaftRole.Learner, cluster[4].Core.Role);
        Assert.Equal((RaftRole.Follower, 2UL), (cluster[2].Core.Role, cluster[2].Core.Term));
    }
}
