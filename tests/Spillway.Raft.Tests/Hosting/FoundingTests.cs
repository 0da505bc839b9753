using Spillway.Raft.Core;
using Spillway.Raft.Segments;
using Spillway.Raft.Snapshots;
using Spillway.Raft.Tests.Support;
using Xunit;

namespace Spillway.Raft.Tests.Hosting;

/// <summary>How a node's folder begins, and what a folder from before groups becomes.</summary>
public sealed class FoundingTests
{
    private static readonly Guid ClusterId = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");

    [Fact]
    public void Founders_write_the_same_first_snapshot()
    {
        using var group = new SteppedGroup(3);

        foreach (var node in group.Nodes)
        {
            var header = SnapshotHeader.Read(node.Disk.Files[SnapshotHeader.NameOf(1)].Seen, out _)!;
            Assert.Equal((new SnapshotId(1, 1), 0L), (header.Id, header.ContentBytes));
            Assert.Equal(((ulong[])[1, 2, 3]).Select(static id => SteppedGroup.MemberOf(id, voter: true)), header.Members);
            Assert.Equal(0, node.State.Loads);
        }
    }

    [Fact]
    public void A_crash_anywhere_in_the_first_start_leaves_a_folder_that_starts()
    {
        for (var operations = 0; ; operations++)
        {
            var disk = new ForgetfulDisk(new Random(operations));
            using var meters = new TestMeterFactory();
            var first = new ReplicatedLog(
                SteppedLog.Options(), new JournalStateMachine(), SteppedLog.Seams(disk, meters, NoAside));
            disk.CrashAfter(operations);
            try
            {
                first.Recover();
                Assert.True(operations > 10);
                return;
            }
            catch (SimulatedCrashException)
            {
                if (operations % 2 == 0)
                {
                    disk.PowerCut();
                }
            }

            using var second = SteppedLog.Started(disk);
            second.Commit(0, 3);
            Assert.Equal([0, 1, 2], SteppedLog.Started(disk).State.Ids);
        }
    }

    [Fact]
    public void What_the_settings_say_of_founding_does_not_matter_to_a_folder_that_has_begun()
    {
        using var group = new SteppedGroup(3);
        group.Elect(1);
        group.Commit(0, 3);

        group.Node(2).Crash();
        group.Node(2).Start(group.JoinOptionsOf(2));
        group.Tick(15);

        Assert.Equal([0, 1, 2], group.Node(2).State.Ids);
        Assert.Equal(3, group.Node(2).Running.Members.Count);
    }

    [Fact]
    public void A_node_that_joins_waits_with_no_members_and_no_campaign()
    {
        using var group = new SteppedGroup(1);
        var joiner = group.Add(2);
        joiner.Start();

        group.Tick(50, 2);

        Assert.Empty(joiner.Running.Members);
        Assert.Equal(0UL, joiner.Running.Leadership.Term);
        Assert.DoesNotContain(joiner.Disk.Files.Keys, static name => SnapshotHeader.TryParseName(name, out _));
    }

    [Fact]
    public void A_node_of_a_larger_group_does_not_start_without_a_transport()
    {
        var disk = new ForgetfulDisk(new Random(1));
        var options = new ReplicatedLogOptions
        {
            Folder = "/forgetful",
            ClusterId = ClusterId,
            InitialVoters = [SteppedGroup.MemberOf(1, voter: true), SteppedGroup.MemberOf(2, voter: true)],
        };

        var refusal = Assert.Throws<LogFailedException>(() => SteppedLog.Started(disk, options));

        Assert.Contains("no transport", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_from_before_groups_opens_as_a_group_of_one()
    {
        var disk = FolderFromBeforeGroups(commands: 5);

        using var log = SteppedLog.Started(disk, OptionsOfNode7());
        log.Commit(5, 3);

        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7], log.State.Ids);
        Assert.Equal(new GroupMember(7, true, "", ""), Assert.Single(log.Log.Members));
    }

    [Fact]
    public void A_folder_from_before_groups_gets_a_snapshot_that_names_its_member_at_once()
    {
        var disk = FolderFromBeforeGroups(commands: 5);
        using (var log = SteppedLog.Started(disk, OptionsOfNode7()))
        {
            log.Commit(5, 1);
            log.RunAside();
            log.Step();
        }

        var newest = disk.Files.Keys.Where(static name => SnapshotHeader.TryParseName(name, out _)).Max();
        Assert.Equal(7UL, Assert.Single(SnapshotHeader.Read(disk.Files[newest!].Seen, out _)!.Members).NodeId);
        using var again = SteppedLog.Started(disk, OptionsOfNode7());
        Assert.Equal([0, 1, 2, 3, 4, 5], again.State.Ids);
    }

    [Fact]
    public async Task Nobody_joins_a_folder_from_before_groups_before_its_first_snapshot()
    {
        var disk = FolderFromBeforeGroups(commands: 5);
        using var log = SteppedLog.Started(disk, OptionsOfNode7());

        var early = log.Log.AddLearnerAsync(8, "raft-8:1", "", CancellationToken.None);
        log.Step();

        var refusal = await Assert.ThrowsAsync<MembershipChangeException>(() => early);
        Assert.Contains("first snapshot", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_snapshot_from_before_groups_is_loaded()
    {
        var disk = new ForgetfulDisk(new Random(1));
        Copy(disk, "identity", "identity-v1.golden");
        Copy(disk, SnapshotHeader.NameOf(42), "snapshot-v1.golden");
        Copy(disk, SegmentHeader.NameOf(3), "segment-v1.golden");
        var state = new ReadingStateMachine();
        using var meters = new TestMeterFactory();
        using var group = new SteppedGroup(1);
        var log = new ReplicatedLog(OptionsOfNode7(), state, SteppedLog.Seams(disk, meters, NoAside) with
        {
            Transport = new SteppedTransport(group, group.Add(7)),
        });

        log.Recover();

        Assert.StartsWith("the state of the group", state.Loaded, StringComparison.Ordinal);
        Assert.Equal(42UL, log.AppliedIndex); // what follows is for the three to agree on
        Assert.Equal([7UL, 8, 9], log.Members.Select(static member => member.NodeId));
    }

    [Fact]
    public void With_no_snapshot_usable_and_no_log_a_founder_refuses_rather_than_founding_again()
    {
        var disk = new ForgetfulDisk(new Random(1));
        SteppedLog.Started(disk).Dispose();
        disk.NewProcess().Delete(SegmentHeader.NameOf(1));
        disk.Files[SnapshotHeader.NameOf(1)].Seen[70] ^= 1;

        Assert.Throws<LogCorruptException>(() => SteppedLog.Started(disk));
    }

    // As the version before groups left it: identity without an origin, the log from its first index, no snapshot.
    private static ForgetfulDisk FolderFromBeforeGroups(int commands)
    {
        var disk = new ForgetfulDisk(new Random(1));
        Copy(disk, "identity", "identity-v1.golden");
        using var log = new SegmentedLog(disk.NewProcess(), new FolderIdentity(ClusterId, 7), 32 << 10, new RecoveredLog
        {
            Segments = [],
            Entries = [],
            HardState = new HardState(1, 7, 0),
            LastIndex = 0,
            LastTerm = 0,
            TornBytes = 0,
        });
        log.OpenSegment();
        for (var id = 0; id < commands; id++)
        {
            var command = JournalStateMachine.Command(id);
            var payload = new byte[LogEntryHeader.Bytes + 4 + command.Length];
            new LogEntryHeader((ulong)id + 1, 1, LogEntryType.Commands, 1, 7, 1, 1).WriteTo(payload);
            BitConverter.TryWriteBytes(payload.AsSpan(LogEntryHeader.Bytes), command.Length);
            command.CopyTo(payload, LogEntryHeader.Bytes + 4);
            log.Append([new RaftEntry((ulong)id + 1, 1, LogEntryType.Commands, payload)], log.HardState);
            log.Flush();
        }

        log.Close();
        return disk;
    }

    private static ReplicatedLogOptions OptionsOfNode7() => new()
    {
        Folder = "/forgetful",
        NodeId = 7,
        SegmentBytes = 32 << 10,
        EntryBytesMax = 4 << 10,
    };

    private static void Copy(ForgetfulDisk disk, string name, string golden)
    {
        using var file = disk.NewProcess().Create(name, 0);
        file.Write(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", golden)), 0);
    }

    private static Task NoAside(Action work) => throw new InvalidOperationException("not expected");

    private sealed class ReadingStateMachine : IReplicatedStateMachine
    {
        public string Loaded { get; private set; } = "";

        public object? Apply(ulong index, ReadOnlyMemory<byte> command) => throw new InvalidOperationException("not expected");

        public void WriteSnapshot(Stream destination) => throw new InvalidOperationException("not expected");

        public void LoadSnapshot(Stream source) => Loaded = new StreamReader(source).ReadToEnd();

        public void OnGroupApplied(ulong appliedIndex)
        {
        }
    }
}
