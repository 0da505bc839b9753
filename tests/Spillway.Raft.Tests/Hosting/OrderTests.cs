using Spillway.Raft.Core;
using Spillway.Raft.Segments;
using Spillway.Raft.Snapshots;
using Xunit;

namespace Spillway.Raft.Tests.Hosting;

/// <summary>
/// The order of raft-notes §2, seen from the disk: whatever leaves a node, or takes effect on it, is looked at beside what a
/// power cut in that moment would have left.
/// </summary>
public sealed class OrderTests
{
    [Fact]
    public void A_follower_acknowledges_only_what_is_durable()
    {
        using var group = new SteppedGroup(3);
        group.Elect(1);
        var acknowledged = new List<ulong>();
        var node = group.Node(2);
        node.OnSend = message =>
        {
            if (message is { Kind: RaftMessageKind.AppendReply, Reject: false })
            {
                acknowledged.Add(message.Index);
                Assert.True(DurableLog(node).LastIndex >= message.Index);
            }
        };

        group.Commit(0, 30, bytes: 3000); // over several segments

        Assert.True(acknowledged.Max() >= group.Leader!.Running.AppliedIndex);
    }

    [Fact]
    public void A_vote_and_a_term_leave_only_when_they_are_durable()
    {
        using var group = new SteppedGroup(3);
        var votes = 0;
        foreach (var node in group.Nodes)
        {
            node.OnSend = message =>
            {
                var durable = DurableLog(node).HardState;
                switch (message.Kind)
                {
                    case RaftMessageKind.VoteReply when !message.Reject:
                        votes++;
                        Assert.Equal((message.Term, message.To), (durable.Term, durable.Vote));
                        break;
                    case RaftMessageKind.Vote:
                        Assert.Equal((message.Term, node.Id), (durable.Term, durable.Vote));
                        break;
                    case not (RaftMessageKind.PreVote or RaftMessageKind.PreVoteReply):
                        Assert.True(message.Term <= durable.Term);
                        break;
                }
            };
        }

        for (var round = 0; round < 3; round++)
        {
            group.ElectAnyOf(1, 2, 3);
            var leader = group.Leader!.Id;
            group.Cut(leader);
            group.ElectAnyOf([.. group.Nodes.Select(static node => node.Id).Where(id => id != leader)]);
            group.Heal();
        }

        Assert.True(votes >= 4);
    }

    [Fact]
    public void A_leaders_entries_leave_beside_its_own_write()
    {
        using var group = new SteppedGroup(3);
        var leader = group.Elect(1);
        var early = 0;
        leader.OnSend = message =>
            early += message.Entries.Count > 0 && DurableLog(leader).LastIndex < message.Entries[^1].Index ? 1 : 0;

        group.Commit(0, 5);

        Assert.Equal(10, early);
    }

    [Fact]
    public async Task A_leader_tells_of_a_changes_commit_only_when_that_is_durable()
    {
        using var group = new SteppedGroup(3);
        var leader = group.Elect(1);
        group.Commit(0, 5);
        var told = new List<(ulong Commit, ulong Durable)>();
        leader.OnSend = message => told.Add((message.Commit, DurableLog(leader).HardState.Commit));

        var removal = leader.Running.RemoveAsync(3, TestContext.Current.CancellationToken);
        group.Settle();
        await removal;

        var change = leader.Running.AppliedIndex;
        Assert.Contains(told, each => each.Commit >= change);
        Assert.DoesNotContain(told, each => each.Commit >= change && each.Durable < change);
    }

    [Fact]
    public void A_leader_counts_its_own_entry_only_when_it_is_durable()
    {
        using var group = new SteppedGroup(3);
        var leader = group.Elect(1);
        group.Cut(3);
        leader.Disk.FailNextFlush = true;

        var proposal = leader.Propose(0);
        Assert.Throws<IOException>(group.Settle);

        Assert.False(proposal.IsCompleted);
        Assert.Empty(leader.State.Ids);
    }

    [Fact]
    public void In_a_write_the_entries_come_before_what_is_said_of_them()
    {
        using var group = new SteppedGroup(3);
        group.Elect(1);
        group.Commit(0, 40, bytes: 1000);
        group.Cut(1);
        group.ElectAnyOf(2, 3);
        group.Commit(40, 5);
        group.Heal();
        group.Tick(3);

        foreach (var node in group.Nodes)
        {
            var last = 1UL;
            var hints = 0;
            foreach (var (name, file) in node.Disk.Files.OrderBy(static file => file.Key, StringComparer.Ordinal))
            {
                if (SegmentHeader.TryParseName(name, out var number))
                {
                    Records(file.Seen, number, entry => last = entry.Index, state =>
                    {
                        hints++;
                        Assert.True(state.Commit <= last);
                    });
                }
            }

            Assert.True(hints > 5);
        }
    }

    [Fact]
    public async Task A_change_of_members_takes_effect_only_when_its_commit_is_durable()
    {
        using var group = new SteppedGroup(3);
        group.Elect(1);
        group.Commit(0, 3);
        var changes = 0;
        foreach (var node in group.Nodes)
        {
            node.OnMembers = _ =>
            {
                changes++;
                var durable = DurableLog(node);
                Assert.Contains(
                    durable.Entries,
                    entry => entry.Header.Type == LogEntryType.Membership && entry.Header.Index <= durable.HardState.Commit);
            };
        }

        await group.AddLearnerAsync(4);
        group.Tick(1);

        Assert.Equal(3, changes);
    }

    [Fact]
    public async Task A_snapshot_is_durable_before_the_log_goes_on_behind_it()
    {
        using var group = new SteppedGroup(3);
        group.Elect(1);
        group.Commit(0, 5);
        group.Cut(3);
        group.Commit(5, 45);
        await group.SnapshotAsync(1);
        var node = group.Node(3);
        var told = 0;
        node.OnSend = message =>
        {
            if (message is { Kind: RaftMessageKind.AppendReply, Reject: false } && message.Index > 40)
            {
                told++;
                var after = node.Disk.AfterPowerCut();
                var store = new SnapshotStore(after.NewProcess(), Identity(node));
                var snapshot = store.Verify(store.List()[0], out _);
                Assert.True(DurableLog(node, snapshot!.Id).LastIndex >= message.Index);
            }
        };

        group.Heal();
        group.Tick(15, 1);

        Assert.True(told > 0);
    }

    private static FolderIdentity Identity(SteppedNode node) => new(node.Running.ClusterId, node.Id);

    private static RecoveredLog DurableLog(SteppedNode node, SnapshotId? snapshot = null) => new LogRecovery(
        node.Disk.AfterPowerCut().NewProcess(), Identity(node), snapshot ?? new SnapshotId(1, 1)).Run();

    private static void Records(byte[] bytes, ulong number, Action<LogEntryHeader> onEntry, Action<HardState> onState)
    {
        var position = SegmentHeader.Bytes;
        while (LogRecord.TryRead(bytes, position, number, out var kind, out _, out var payload))
        {
            if (kind == LogRecordKind.Entry && LogEntryHeader.TryRead(payload, out var entry))
            {
                onEntry(entry);
            }
            else if (HardState.TryRead(payload, out var state))
            {
                onState(state);
            }

            position += LogRecord.AlignedBytes(payload.Length);
        }
    }
}
