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

    [Fact]
    public void A_leaders_proposals_are_applied_everywhere_in_order()
    {
        var cluster = new CoreCluster(3);
        var leader = cluster.Elect(1);
        for (var i = 0; i < 100; i++)
        {
            Assert.True(leader.Propose($"{i}"));
        }

        cluster.Settle();

        Assert.All(cluster.Nodes, static node =>
            Assert.Equal(Enumerable.Range(0, 100).Select(static i => $"{i}"), node.Commands));
    }
}
