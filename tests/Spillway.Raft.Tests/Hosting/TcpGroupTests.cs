using Spillway.Raft.Tests.Support;
using Spillway.Testing;
using Xunit;

namespace Spillway.Raft.Tests.Hosting;

/// <summary>The whole of it as it runs: threads, clocks, disks and sockets.</summary>
public sealed class TcpGroupTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Proposals_and_reads_of_many_at_once_are_answered_in_order()
    {
        await using var group = new TcpGroup(3);
        await group.StartAsync(Ct);
        var leader = await group.LeaderAsync(Ct);

        await Task.WhenAll(Enumerable.Range(0, 16).Select(proposer => Task.Run(async () =>
        {
            for (var i = 0; i < 50; i++)
            {
                var result = await leader.ProposeAsync(JournalStateMachine.Command((proposer * 100) + i), Ct);
                Assert.True(await leader.ReadBarrierAsync(Ct) >= result.Index);
            }
        })));

        var ids = group.States.Values.Select(static state => state.PublishedCount);
        await Eventually.TrueAsync(() => ids.All(static count => count == 800), "everything on every node", Ct);
        var expected = group.States[1].Ids;
        Assert.Equal(800, expected.Distinct().Count());
        Assert.All(group.States.Values, state => Assert.Equal(expected, state.Ids));
        Assert.True(leader.LeadsWithQuorum);
    }

    [Fact]
    public async Task A_leader_that_stops_finishes_what_it_took_and_hands_over()
    {
        await using var group = new TcpGroup(3);
        await group.StartAsync(Ct);
        var leader = await group.LeaderAsync(Ct);
        var taken = Enumerable.Range(0, 100)
            .Select(id => leader.ProposeAsync(JournalStateMachine.Command(id), Ct).AsTask())
            .ToArray();

        await leader.DisposeAsync();

        Assert.All(taken, static proposal => Assert.True(proposal.IsCompletedSuccessfully));
        Assert.False(leader.Leadership.IsLeader);
        Assert.NotEqual(0UL, leader.Leadership.LeaderId);
        Assert.NotEqual(leader.Leadership.LeaderId, group.Logs.Single(log => log.Value == leader).Key);
        var next = await group.LeaderAsync(Ct);
        Assert.Equal(100, (int)(await next.ProposeAsync(JournalStateMachine.Command(100), Ct)).Result!);
    }

    [Fact]
    public async Task A_leader_without_a_majority_stops_within_its_time()
    {
        await using var group = new TcpGroup(3);
        await group.StartAsync(Ct);
        var leader = await group.LeaderAsync(Ct);
        foreach (var other in group.Logs.Values.Where(log => log != leader))
        {
            await other.DisposeAsync();
        }

        await leader.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1), Ct);

        Assert.True(leader.Completion.IsCompletedSuccessfully);
    }
}
