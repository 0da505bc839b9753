using Spillway.Raft.Core;
using Xunit;

namespace Spillway.Raft.Tests.Hosting;

/// <summary>A voter that comes back with an empty folder under its old id, and was told to join.</summary>
public sealed class LostFolderTests
{
    [Fact]
    public void A_node_that_lost_its_folder_gives_no_vote()
    {
        using var group = new SteppedGroup(3);
        group.Elect(1);
        group.Commit(0, 5);
        group.Cut(3);
        group.Commit(5, 5);

        // 1 and 2 hold what 3 has not; 2 comes back with nothing, and 1 not at all.
        var without = new SteppedNode(group, 2);
        group.Replace(without);
        var votes = new List<RaftMessage>();
        without.OnSend = message =>
        {
            if (message.Kind is RaftMessageKind.VoteReply or RaftMessageKind.PreVoteReply)
            {
                votes.Add(message);
            }
        };
        without.Start(group.JoinOptionsOf(2));
        group.Node(1).Crash();
        group.Heal();
        group.Tick(100);

        Assert.Empty(votes);
        Assert.Null(group.Leader);
    }

    [Fact]
    public void A_node_that_lost_its_folder_confirms_no_leader()
    {
        // 2 has followed 3 into a later term, and forgets it; 1 does not know of that term.
        using var group = new SteppedGroup(3);
        var stale = group.Elect(1);
        group.Cut(1);
        group.ElectAnyOf(2, 3);
        group.Commit(0, 1);
        group.Node(3).Crash();
        var without = new SteppedNode(group, 2);
        group.Replace(without);
        without.Start(group.JoinOptionsOf(2));
        group.Heal();

        var read = stale.Running.ReadBarrierAsync(CancellationToken.None).AsTask();
        group.Tick(5, 1);

        Assert.True(stale.Leads);
        Assert.False(read.IsCompleted);
    }

    [Fact]
    public async Task A_node_that_lost_its_folder_is_told_from_a_new_one_and_stops()
    {
        using var group = new SteppedGroup(3);
        group.Elect(1);
        group.Commit(0, 5);
        var without = new SteppedNode(group, 2);
        group.Replace(without);
        without.Start(group.JoinOptionsOf(2));
        var transfer = group.Leader!.Running.TransferLeadershipAsync(3, CancellationToken.None);
        group.Settle();
        await transfer;

        group.Tick(15, 3);

        Assert.Null(without.Log);
        Assert.Contains("it has lost what it promised", without.Failure!.Message, StringComparison.Ordinal);
        Assert.Empty(without.State.Ids);
    }
}
