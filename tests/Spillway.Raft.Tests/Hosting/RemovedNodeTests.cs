using Spillway.Raft.Core;
using Xunit;

namespace Spillway.Raft.Tests.Hosting;

/// <summary>When a removed node stops: as soon as it knows, by its own log or from one that knows more.</summary>
public sealed class RemovedNodeTests
{
    [Fact]
    public async Task A_removed_node_stops_by_its_own_log_and_does_not_come_back()
    {
        using var group = new SteppedGroup(3);
        group.Elect(1);
        group.Commit(0, 5);

        // The leader says that it is committed before it hangs up.
        await group.RemoveAsync(3);
        group.Tick(2);
        var removed = group.Node(3);
        Assert.IsType<NodeRemovedException>(removed.Failure);

        // What it forgot of the commit it learns again.
        removed.Start();
        group.Tick(30, 3);
        Assert.DoesNotContain(removed.Leaderships, static leadership => leadership.Role == RaftRole.Leader);
        removed.Log?.Receiver.Removed(1, group.Leader!.Running.AppliedIndex);
        group.Settle();
        Assert.IsType<NodeRemovedException>(removed.Failure);
    }

    [Fact]
    public async Task A_leader_that_finds_its_own_removal_in_its_log_leaves_it_to_another()
    {
        // 2 holds its removal, 1 does not know of it: 2 is elected, and committed it there before anyone else knew.
        using var group = new SteppedGroup(2);
        group.Elect(1);
        group.Commit(0, 3);
        group.OnWire = static message => message.Kind == RaftMessageKind.AppendReply ? null : message;
        var lost = group.Leader!.Running.RemoveAsync(2, CancellationToken.None);
        group.Settle();
        group.OnWire = null;
        group.Restart(1, 2);
        await Assert.ThrowsAnyAsync<Exception>(() => lost.WaitAsync(TimeSpan.Zero, CancellationToken.None));

        group.Tick(20, 2);
        group.Tick(2);

        Assert.Equal(1UL, Assert.Single(group.Node(1).Running.Members).NodeId);
        Assert.Equal(1UL, group.Leader!.Id);
        Assert.IsType<NodeRemovedException>(group.Node(2).Failure);
    }

    [Fact]
    public async Task A_removed_node_that_is_told_so_stops_if_the_teller_knows_more()
    {
        using var group = new SteppedGroup(3);
        group.Elect(1);
        group.Commit(0, 5);
        group.Tick(1);
        group.Cut(3);
        await group.RemoveAsync(3);
        var node = group.Node(3);

        node.Running.Receiver.Removed(1, node.Running.AppliedIndex);
        group.Settle();
        Assert.Null(node.Failure);

        node.Running.Receiver.Removed(1, group.Leader!.Running.AppliedIndex);
        group.Settle();
        Assert.IsType<NodeRemovedException>(node.Failure);
    }

    [Fact]
    public void A_node_that_is_not_in_yet_does_not_believe_that_it_was_removed()
    {
        using var group = new SteppedGroup(1);
        group.Add(2).Start();

        group.Node(2).Running.Receiver.Removed(1, 100);
        group.Settle();

        Assert.Null(group.Node(2).Failure);
    }
}
