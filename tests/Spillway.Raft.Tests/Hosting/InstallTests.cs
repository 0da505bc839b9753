using Spillway.Raft.Core;
using Spillway.Raft.Snapshots;
using Xunit;

namespace Spillway.Raft.Tests.Hosting;

/// <summary>A node that is so far behind that it needs the snapshot of another one.</summary>
public sealed class InstallTests
{
    [Fact]
    public async Task A_node_that_is_far_behind_gets_the_snapshot_and_what_follows()
    {
        using var group = await GroupWithNode3BehindAsync();
        var behind = group.Node(3);

        Catch(group);

        Assert.Equal(1, behind.State.Loads);
        Assert.Equal(group.Leader!.State.Ids, behind.State.Ids);
        Assert.Equal(behind.Running.AppliedIndex, behind.State.PublishedIndex);

        // From its own disk, and without the leader.
        behind.Crash(powerCut: true);
        group.Cut(3);
        behind.Start();
        Assert.Equal(Ids(60), behind.State.Ids.Take(60));
    }

    [Fact]
    public async Task A_crash_anywhere_in_an_install_leaves_a_node_that_starts_and_catches_up()
    {
        var crashes = 0;
        for (var operations = 0; ; operations++)
        {
            using var group = await GroupWithNode3BehindAsync();
            var behind = group.Node(3);
            behind.Disk.CrashAfter(operations);

            Catch(group);
            if (behind.Log is not null)
            {
                break; // it got through
            }

            crashes++;
            behind.Crash(powerCut: operations % 2 == 0);
            behind.Start();
            Assert.Null(behind.Failure);
            Catch(group);

            Assert.Equal(group.Leader!.State.Ids, behind.State.Ids);
        }

        Assert.True(crashes > 8, $"an install takes more than {crashes} operations on the disk");
    }

    [Fact]
    public async Task A_fetched_snapshot_that_is_damaged_is_thrown_away_and_fetched_again()
    {
        using var group = await GroupWithNode3BehindAsync();
        var behind = group.Node(3);
        behind.OnFetched = static bytes => bytes[SnapshotHeader.Bytes + 20] ^= 1;

        Catch(group);
        Assert.Equal(0, behind.State.Loads);
        Assert.DoesNotContain(behind.Disk.Files.Keys, static name => name.EndsWith(".tmp", StringComparison.Ordinal));
        Assert.True(behind.Fetches >= 2);

        behind.OnFetched = null;
        Catch(group);
        Assert.Equal(group.Leader!.State.Ids, behind.State.Ids);
    }

    [Fact]
    public async Task A_flush_that_fails_on_a_fetched_snapshot_costs_the_snapshot_and_not_the_node()
    {
        using var group = await GroupWithNode3BehindAsync();
        var behind = group.Node(3);
        behind.OnFetched = _ => behind.Disk.FailNextFlush = true;

        group.Heal();
        group.Tick(1, 1);
        Assert.Null(behind.Failure);

        behind.OnFetched = null;
        Catch(group);
        Assert.Equal(group.Leader!.State.Ids, behind.State.Ids);
    }

    [Fact]
    public async Task A_log_of_entries_that_were_replaced_gives_way_to_the_snapshot_for_good()
    {
        // Node 3 leads alone for a while: its log is long, and none of it was committed.
        using var group = new SteppedGroup(3);
        group.Elect(3);
        group.Commit(0, 5);
        group.Cut(3);
        for (var id = 1000; id < 1100; id++)
        {
            _ = group.Node(3).Propose(id);
            group.Settle();
        }

        var leader = group.ElectAnyOf(1, 2);
        group.Commit(5, 30);
        await group.SnapshotAsync(leader.Id);
        Catch(group);
        var behind = group.Node(3);
        Assert.Equal(1, behind.State.Loads);
        Assert.Equal(leader.State.Ids, behind.State.Ids);

        behind.Crash(powerCut: true);
        behind.Start();
        Catch(group);

        Assert.Null(behind.Failure);
        Assert.Equal(leader.State.Ids, behind.State.Ids);
    }

    [Fact]
    public async Task The_commit_goes_on_while_a_snapshot_is_verified_and_an_old_one_is_not_installed()
    {
        using var group = await GroupWithNode3BehindAsync();
        var behind = group.Node(3);
        behind.HoldsAsides = true;
        Catch(group);
        Assert.Equal(0, behind.State.Loads);

        group.Commit(60, 10);
        behind.HoldsAsides = false;
        Catch(group);

        Assert.Equal(group.Leader!.State.Ids, behind.State.Ids);
        Assert.Equal(1, behind.State.Loads);
    }

    [Fact]
    public async Task A_fetch_from_a_leader_that_is_gone_is_given_up_for_the_next_one()
    {
        using var group = await GroupWithNode3BehindAsync();
        var behind = group.Node(3);
        behind.FetchesHang = true;
        Catch(group);
        behind.FetchesHang = false;

        group.Node(1).Crash();
        group.ElectAnyOf(2);
        group.Commit(60, 1);
        Catch(group);

        Assert.Equal(Ids(61), behind.State.Ids);
    }

    /// <summary>
    /// The next leader still has the entries and sends them while the snapshot is being verified: they are in the core and not
    /// in the file when the snapshot is installed over a part of them.
    /// </summary>
    [Fact]
    public async Task Entries_that_come_with_the_snapshot_leave_no_gap_in_the_file()
    {
        var entries = new List<RaftEntry>();
        using var group = await GroupWithNode3BehindAsync(entries);
        var behind = group.Node(3);
        behind.HoldsAsides = true;
        Catch(group);
        var last = behind.Running.AppliedIndex;
        entries.RemoveAll(entry => entry.Index <= last);
        behind.Running.Receiver.Receive(new RaftMessage(RaftMessageKind.Append, 2, 3, entries[^1].Term + 1)
        {
            Index = last,
            LogTerm = entries[0].Term,
            Commit = last,
            Entries = entries,
        });

        behind.RunAsides(held: true);
        behind.Step();
        Assert.Equal(1, behind.State.Loads);
        behind.HoldsAsides = false;
        behind.Crash(powerCut: true);
        behind.Start();

        Assert.Null(behind.Failure);
        var leader = group.ElectAnyOf(1, 2, 3);
        group.Commit(60, 5);
        group.Tick(1, leader.Id);
        Assert.Equal(Ids(65), behind.State.Ids);
    }

    private static async Task<SteppedGroup> GroupWithNode3BehindAsync(List<RaftEntry>? sent = null)
    {
        var group = new SteppedGroup(3);
        group.OnWire = message =>
        {
            sent?.AddRange(message.To == 2 ? message.Entries : []);
            return message;
        };
        group.Elect(1);
        group.Commit(0, 5);
        group.Tick(1);
        group.Cut(3);
        group.Commit(5, 45);
        await group.SnapshotAsync(1);
        await group.SnapshotAsync(2);
        group.Commit(50, 10);
        return group;
    }

    private static void Catch(SteppedGroup group)
    {
        group.Heal();
        group.Tick(40, [.. group.Nodes.Where(static node => node.Leads).Select(static node => node.Id)]);
    }

    private static IEnumerable<long> Ids(int count) => Enumerable.Range(0, count).Select(static id => (long)id);
}
