using Spillway.Raft.Core;
using Xunit;

namespace Spillway.Raft.Tests.Core;

public sealed class ElectionTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void A_candidate_with_a_majority_leads_and_everyone_follows(int voters)
    {
        var cluster = new CoreCluster(voters);

        cluster.Elect(1);

        Assert.Equal(RaftRole.Leader, cluster[1].Core.Role);
        Assert.All(cluster.Nodes, static node => Assert.Equal((2UL, 1UL), (node.Core.Term, node.Core.LeaderId)));
        Assert.All(cluster.Nodes.Skip(1), static node => Assert.Equal(RaftRole.Follower, node.Core.Role));
    }

    [Theory]
    [InlineData(2, 1, false)]
    [InlineData(3, 1, true)]
    [InlineData(3, 2, false)]
    [InlineData(4, 1, true)]
    [InlineData(4, 2, false)]
    [InlineData(5, 2, true)]
    [InlineData(5, 3, false)]
    public void It_takes_more_than_half_of_the_voters(int voters, int unreachable, bool elected)
    {
        var cluster = new CoreCluster(voters);
        cluster.Isolate([.. Enumerable.Range(2, unreachable).Select(static id => (ulong)id)]);

        cluster.Elect(1);

        Assert.Equal(elected, cluster[1].Core.Role == RaftRole.Leader);
        Assert.Equal(elected ? 2UL : 1, cluster[1].Core.Term);
    }

    [Fact]
    public void Votes_that_are_split_are_settled_in_a_later_term()
    {
        var cluster = new CoreCluster(3, rules: new Mutants.AsksNobody());
        cluster.Isolate(3);
        cluster[1].Core.Campaign();
        cluster[2].Core.Campaign();
        cluster.Settle();
        Assert.DoesNotContain(cluster.Nodes, static node => node.Core.Role == RaftRole.Leader);
        cluster.Heal();

        cluster.Tick(60);

        var leader = Assert.Single(cluster.Nodes, static node => node.Core.Role == RaftRole.Leader);
        Assert.True(leader.Core.Term > 2);
        Assert.All(cluster.Nodes, node => Assert.Equal(leader.Id, node.Core.LeaderId));
    }

    /// <summary>What a follower acknowledged to it in an earlier term may have been replaced since.</summary>
    [Fact]
    public void A_leader_forgets_what_it_knew_of_others_when_it_led_before()
    {
        var cluster = new CoreCluster(3);
        var node = cluster.Elect(1);
        node.Receive(RaftMessageKind.AppendReply, 2, static reply => reply with { Term = 3 });

        node.Win(2);

        Assert.Equal((RaftRole.Leader, 4UL), (node.Core.Role, node.Core.Term));
        Assert.All(node.Core.Followers(), static follower => Assert.Equal(0UL, follower.MatchIndex));
    }

    [Fact]
    public void Election_timeouts_are_drawn_between_one_and_two_times_the_setting()
    {
        var seen = new HashSet<int>();
        for (var seed = 0; seed < 200; seed++)
        {
            var disk = CoreDisk.Bootstrapped(new CoreCluster(3).Initial);
            var node = new CoreNode(new RaftCoreOptions(1), disk, new Random(seed));
            var ticks = 0;
            while (node.Core.Role == RaftRole.Follower)
            {
                node.Core.Tick();
                ticks++;
            }

            seen.Add(ticks);
        }

        Assert.Equal(Enumerable.Range(10, 10), seen.Order());
    }

    [Fact]
    public void A_candidate_follows_the_leader_that_won_the_term()
    {
        var cluster = new CoreCluster(3, rules: new Mutants.AsksNobody());
        var node = cluster[1];
        node.Core.Campaign();
        node.Work();
        Assert.Equal(RaftRole.Candidate, node.Core.Role);

        node.Receive(RaftMessageKind.Heartbeat, 2);

        Assert.Equal((RaftRole.Follower, 2UL, 2UL), (node.Core.Role, node.Core.LeaderId, node.Core.Term));
    }

    [Theory]
    [InlineData(nameof(RaftMessageKind.Append))]
    [InlineData(nameof(RaftMessageKind.Heartbeat))]
    [InlineData(nameof(RaftMessageKind.SnapshotOffer))]
    [InlineData(nameof(RaftMessageKind.AppendReply))]
    [InlineData(nameof(RaftMessageKind.HeartbeatReply))]
    [InlineData(nameof(RaftMessageKind.VoteReply))]
    public void A_leader_steps_down_at_the_sight_of_a_later_term(string kind)
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);

        leader.Receive(Enum.Parse<RaftMessageKind>(kind), 2, static message => message with { Term = 9 });

        Assert.Equal((RaftRole.Follower, 9UL), (leader.Core.Role, leader.Core.Term));
        Assert.False(leader.Propose("too late"));
        leader.Work();
        Assert.Equal(0UL, leader.Disk.HardState.Vote);
    }

    [Fact]
    public void Replies_of_an_earlier_term_count_for_nothing()
    {
        var cluster = new CoreCluster(3, rules: new Mutants.AsksNobody());
        cluster.Isolate(1);
        cluster.Elect(1);
        cluster.RunOutOfTime(1);
        cluster.Settle();
        var node = cluster[1];

        node.Receive(RaftMessageKind.VoteReply, 2, static reply => reply with { Term = 2 });
        Assert.Equal(RaftRole.Candidate, node.Core.Role);
        node.Receive(RaftMessageKind.VoteReply, 2);

        Assert.Equal(RaftRole.Leader, node.Core.Role);
    }

    [Fact]
    public void A_learner_never_stands_for_election()
    {
        var cluster = new CoreCluster(1, learners: 1);

        cluster.RunOutOfTime(2);
        cluster[2].Core.Campaign();

        Assert.Equal((RaftRole.Learner, 1UL), (cluster[2].Core.Role, cluster[2].Core.Term));
    }

    [Fact]
    public void A_node_outside_its_own_membership_never_stands_for_election()
    {
        var cluster = new CoreCluster(3);
        var joiner = cluster.Add(4);
        var stranger = cluster.Add(5, CoreDisk.Bootstrapped(cluster.Initial));

        cluster.RunOutOfTime(4);
        cluster.RunOutOfTime(5);
        joiner.Core.Campaign();

        Assert.Equal(RaftRole.Follower, joiner.Core.Role);
        Assert.Equal(RaftRole.Follower, stranger.Core.Role);
        Assert.Empty(joiner.Work());
        Assert.Empty(stranger.Work());
    }

    [Fact]
    public void A_campaign_waits_for_committed_changes_to_be_applied()
    {
        var cluster = new CoreCluster(2);
        var leader = cluster.Elect(1);
        cluster[1].Propose(MemberChangeKind.AddLearner, 3);
        cluster.Settle();
        leader.Propose(MemberChangeKind.Promote, 3);
        cluster.Settle();
        var follower = cluster[2];
        var change = follower.Applied[^1].Index;

        // A restart finds the change committed and has not applied it: with two voters it would count wrong.
        follower.Restart();
        follower.Core.Campaign();

        Assert.Equal(RaftRole.Follower, follower.Core.Role);
        Assert.Equal(2, follower.Core.Membership.VoterCount);
        follower.Work();
        Assert.Equal(change, follower.Core.AppliedIndex);
        Assert.Equal(3, follower.Core.Membership.VoterCount);
        Assert.Equal(RaftRole.Candidate, follower.Core.Role);
    }

    [Fact]
    public void A_campaign_that_waits_is_off_once_there_is_a_leader()
    {
        var cluster = new CoreCluster(2);
        cluster.Elect(1);
        cluster[1].Propose(MemberChangeKind.AddLearner, 3);
        cluster.Settle();
        var follower = cluster[2];
        follower.Restart();
        follower.Core.Campaign();

        follower.Receive(RaftMessageKind.Heartbeat, 1, static beat => beat with { Term = 3 });
        follower.Work();

        Assert.Equal((RaftRole.Follower, 1UL), (follower.Core.Role, follower.Core.LeaderId));
    }

    [Fact]
    public void Messages_that_are_not_for_this_node_change_nothing()
    {
        var node = new CoreCluster(3)[1];

        node.Core.Step(new RaftMessage(RaftMessageKind.Heartbeat, 2, 3, 7));
        node.Core.Step(new RaftMessage(RaftMessageKind.Heartbeat, 1, 1, 7));
        node.Core.Step(new RaftMessage(RaftMessageKind.Heartbeat, 0, 1, 7));
        node.Core.Step(new RaftMessage((RaftMessageKind)77, 2, 1, 1));

        Assert.Equal((1UL, 0UL), (node.Core.Term, node.Core.LeaderId));
        Assert.Empty(node.Work());
    }
}
