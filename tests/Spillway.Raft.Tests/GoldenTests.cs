using System.Text;
using Spillway.Raft.Core;
using Spillway.Raft.Segments;
using Spillway.Raft.Snapshots;
using Spillway.Raft.Tests.Support;
using Xunit;

namespace Spillway.Raft.Tests;

/// <summary>
/// The golden files were made by an encoder that shares no code with ours and are never made again: what they hold
/// stays readable, and what is written stays the same byte by byte.
/// </summary>
public sealed class GoldenTests
{
    private static readonly FolderIdentity Identity = new(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), 7);

    private static readonly byte[][] Commands =
        ["alpha"u8.ToArray(), [], [.. Enumerable.Range(0, 300).Select(static i => (byte)(i % 251))]];

    private static readonly GroupMember[] Members =
    [
        new(7, true, "10.0.0.7:9700", "meta-7:7100"),
        new(8, true, "zürich:9700", ""),
        new(9, false, "", "10.0.0.9:7100"),
    ];

    private static readonly GroupMember[] MembersOfVersion1 =
        [new(7, true, "10.0.0.7:9700", ""), new(8, true, "zürich:9700", ""), new(9, false, "", "")];

    [Fact]
    public void The_golden_segment_reads_as_it_was_meant()
    {
        var disk = DiskWith(SegmentHeader.NameOf(3), "segment-v1.golden");

        var log = new LogRecovery(disk.NewProcess(), Identity, new SnapshotId(41, 4)).Run();

        Assert.Equal(new HardState(5, 7, 41), log.HardState);
        Assert.Equal((44UL, 5UL), (log.LastIndex, log.LastTerm));
        Assert.Equal(0, log.TornBytes);
        Assert.Equal([42UL, 43UL, 44UL], log.Entries.Select(static entry => entry.Header.Index));
        Assert.Equal(
            new LogEntryHeader(42, 5, LogEntryType.Commands, 3, 7, 0x1122334455667788, 9), log.Entries[0].Header);
        Assert.Equal("alpha"u8.ToArray(), log.Entries[0].Payload[52..57]);
        Assert.Equal(Commands[2], log.Entries[0].Payload[65..]);
        Assert.Equal(0, log.Entries[1].Header.CommandCount);
    }

    [Fact]
    public void The_golden_segment_is_written_as_it_was()
    {
        var disk = new ForgetfulDisk(new Random(1));
        var recovered = new RecoveredLog
        {
            Segments = [new SegmentDescriptor(2, 1, 0)],
            Entries = [],
            HardState = new HardState(5, 7, 41),
            LastIndex = 41,
            LastTerm = 4,
            TornBytes = 0,
        };
        using var log = new SegmentedLog(disk.NewProcess(), Identity, 64 << 10, recovered);

        log.OpenSegment();
        Append(log, 42, tag: 9, Commands);
        Append(log, 43, tag: 10);
        Append(log, 44, tag: 11, "omega"u8.ToArray());
        log.Close();

        Assert.Equal(Golden("segment-v1.golden"), disk.Files[SegmentHeader.NameOf(3)].Seen);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_golden_snapshot_reads_as_it_was_meant(int version)
    {
        var disk = DiskWith(SnapshotHeader.NameOf(42), $"snapshot-v{version}.golden");
        var store = new SnapshotStore(disk.NewProcess(), Identity);

        var header = store.Verify(42, out var reason);
        var content = new MemoryStream();
        store.Load(header!, source => source.CopyTo(content));

        Assert.Equal("", reason);
        Assert.Equal(new SnapshotId(42, 5), header!.Id);
        Assert.Equal((Identity.ClusterId, Identity.NodeId), (header.ClusterId, header.NodeId));
        Assert.Equal(version == 1 ? MembersOfVersion1 : Members, header.Members);
        Assert.Equal(SnapshotContent(), content.ToArray());
    }

    [Fact]
    public void The_golden_snapshot_is_written_as_it_was()
    {
        var disk = new ForgetfulDisk(new Random(1));
        var store = new SnapshotStore(disk.NewProcess(), Identity);
        using var image = new BufferedSnapshotImage();
        image.Write(SnapshotContent());

        store.Write(new SnapshotId(42, 5), Members, image, TestContext.Current.CancellationToken);

        Assert.Equal(Golden("snapshot-v2.golden"), disk.Files[SnapshotHeader.NameOf(42)].Seen);
    }

    [Fact]
    public void The_golden_identities_read_as_they_were_meant()
    {
        var options = new ReplicatedLogOptions { Folder = "/forgetful", NodeId = 7 };

        var first = FolderIdentity.Establish(DiskWith("identity", "identity-v1.golden").NewProcess(), options, 1);
        var second = FolderIdentity.Establish(DiskWith("identity", "identity-v2.golden").NewProcess(), options, 1);

        Assert.Equal(Identity, first);
        Assert.Equal(
            Identity with { Origin = FolderOrigin.Joined, Instance = 0x1122334455667788 }, second);
    }

    [Fact]
    public void The_golden_identity_is_written_as_it_was()
    {
        var bytes = new byte[FolderIdentity.Bytes];

        (Identity with { Origin = FolderOrigin.Joined, Instance = 0x1122334455667788 }).WriteTo(bytes);

        Assert.Equal(Golden("identity-v2.golden"), bytes);
    }

    private static void Append(SegmentedLog log, ulong index, ulong tag, params byte[][] commands)
    {
        var payload = new MemoryStream();
        payload.Write(new byte[LogEntryHeader.Bytes]);
        foreach (var command in commands)
        {
            payload.Write(BitConverter.GetBytes(command.Length));
            payload.Write(command);
        }

        var entry = payload.ToArray();
        new LogEntryHeader(index, 5, LogEntryType.Commands, commands.Length, 7, 0x1122334455667788, tag)
            .WriteTo(entry);
        log.Append([new RaftEntry(index, 5, LogEntryType.Commands, entry)], log.HardState);
        log.Flush();
    }

    private static byte[] SnapshotContent() =>
        Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("the state of the group\n", 20)));

    private static ForgetfulDisk DiskWith(string name, string golden)
    {
        var disk = new ForgetfulDisk(new Random(1));
        using var file = disk.NewProcess().Create(name, 0);
        file.Write(Golden(golden), 0);
        return disk;
    }

    private static byte[] Golden(string name) =>
        File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", name));
}
