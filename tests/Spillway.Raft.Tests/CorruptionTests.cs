using Spillway.Raft.Segments;
using Spillway.Raft.Snapshots;
using Spillway.Raft.Tests.Support;
using Xunit;

namespace Spillway.Raft.Tests;

/// <summary>What a crash can leave is mended; what only damage can leave refuses to start.</summary>
public sealed class CorruptionTests
{
    private readonly ForgetfulDisk _disk = new(new Random(1));

    [Fact]
    public void A_torn_end_is_cut_and_later_appends_survive_the_next_restart()
    {
        SteppedLog.Started(_disk).Commit(0, 10);
        var torn = _disk.Files[SegmentHeader.NameOf(1)];
        var end = EndOf(torn);
        torn.Write([0x77, 0x01, 0, 0, 1, 2, 3, 4, 2, 0, 0, 0, 12, 0, 0, 0, 99, 99], end);

        var second = SteppedLog.Started(_disk);
        second.Commit(10, 5);
        var third = SteppedLog.Started(_disk);

        Assert.Equal(Ids(15), third.State.Ids);
        Assert.Equal(end, torn.Seen.Length);
    }

    [Fact]
    public void A_last_record_that_fails_its_checksum_is_a_torn_end()
    {
        SteppedLog.Started(_disk).Commit(0, 10);
        var file = _disk.Files[SegmentHeader.NameOf(1)];
        file.Seen[EntryPositions(file)[^1] + 100] ^= 1;

        Assert.Equal(Ids(9), SteppedLog.Started(_disk).State.Ids);
    }

    [Fact]
    public void A_bad_record_in_front_of_a_later_write_refuses_to_start()
    {
        SteppedLog.Started(_disk).Commit(0, 10);
        var file = _disk.Files[SegmentHeader.NameOf(1)];
        var position = EntryPositions(file)[4];
        file.Seen[position + 100] ^= 1;

        var refusal = Assert.Throws<LogCorruptException>(() => SteppedLog.Started(_disk));

        Assert.EndsWith(SegmentHeader.NameOf(1), refusal.File, StringComparison.Ordinal);
        Assert.Equal(position, refusal.PositionBytes);
        Assert.Contains(refusal.File, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_of_zeros_in_front_of_a_later_write_refuses_to_start()
    {
        SteppedLog.Started(_disk).Commit(0, 20);
        var file = _disk.Files[SegmentHeader.NameOf(1)];
        file.Seen.AsSpan(8192, 4096).Clear();

        Assert.Throws<LogCorruptException>(() => SteppedLog.Started(_disk));
    }

    [Fact]
    public void A_bad_last_record_of_an_earlier_segment_refuses_to_start()
    {
        SteppedLog.Started(_disk).Commit(0, 100);
        Assert.True(_disk.Files.ContainsKey(SegmentHeader.NameOf(2)));
        var file = _disk.Files[SegmentHeader.NameOf(1)];
        var position = EntryPositions(file)[^1];
        file.Seen[position + 100] ^= 1;

        var refusal = Assert.Throws<LogCorruptException>(() => SteppedLog.Started(_disk));

        Assert.EndsWith(SegmentHeader.NameOf(1), refusal.File, StringComparison.Ordinal);
        Assert.Equal(position, refusal.PositionBytes);
    }

    [Fact]
    public void A_lost_end_of_an_earlier_segment_is_a_gap_and_refuses_to_start()
    {
        SteppedLog.Started(_disk).Commit(0, 100);
        var file = _disk.Files[SegmentHeader.NameOf(1)];
        file.SetLength(EntryPositions(file)[^1]);

        var refusal = Assert.Throws<LogCorruptException>(() => SteppedLog.Started(_disk));

        Assert.EndsWith(SegmentHeader.NameOf(2), refusal.File, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_segment_refuses_to_start()
    {
        SteppedLog.Started(_disk).Commit(0, 200);
        Assert.True(_disk.Files.ContainsKey(SegmentHeader.NameOf(3)));
        _disk.NewProcess().Delete(SegmentHeader.NameOf(2));

        var refusal = Assert.Throws<LogCorruptException>(() => SteppedLog.Started(_disk));

        Assert.Contains("segment 2", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bad_segment_header_refuses_to_start()
    {
        SteppedLog.Started(_disk).Commit(0, 3);
        _disk.Files[SegmentHeader.NameOf(1)].Seen[50] ^= 1;

        Assert.Throws<LogCorruptException>(() => SteppedLog.Started(_disk));
    }

    [Fact]
    public void A_damaged_newest_snapshot_costs_a_longer_replay_only()
    {
        var first = SteppedLog.Started(_disk);
        first.Commit(0, 100);
        first.Snapshot();
        first.Commit(100, 100);
        first.Snapshot();
        first.Commit(200, 50);
        var newest = NewestSnapshot();
        _disk.Files[newest].Seen[SnapshotHeader.Bytes + 20] ^= 1;

        var second = SteppedLog.Started(_disk);

        Assert.Equal(Ids(250), second.State.Ids);
        Assert.Equal(1, second.State.Loads);
        Assert.Contains(newest + ".bad", _disk.Files.Keys);

        // The damaged one no longer counts: what is left is enough for another loss.
        second.Snapshot();
        _disk.Files[NewestSnapshot()].Seen[SnapshotHeader.Bytes + 20] ^= 1;
        Assert.Equal(Ids(250), SteppedLog.Started(_disk).State.Ids);
    }

    [Fact]
    public void With_all_snapshots_damaged_the_log_refuses_to_start()
    {
        var first = SteppedLog.Started(_disk);
        for (var snapshot = 0; snapshot < 3; snapshot++)
        {
            first.Commit(snapshot * 100, 100);
            first.Snapshot();
        }

        foreach (var (name, file) in _disk.Files.Where(static file => SnapshotHeader.TryParseName(file.Key, out _)))
        {
            file.Seen[70] ^= 1;
        }

        var refusal = Assert.Throws<LogCorruptException>(() => SteppedLog.Started(_disk));

        Assert.Contains("the newest usable snapshot ends at 0", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_truncated_snapshot_is_not_used()
    {
        var first = SteppedLog.Started(_disk);
        first.Commit(0, 10);
        first.Snapshot();
        var file = _disk.Files[NewestSnapshot()];
        file.SetLength(file.Seen.Length - 1);

        var second = SteppedLog.Started(_disk);

        Assert.Equal(Ids(10), second.State.Ids);
        Assert.Equal(0, second.State.Loads);
    }

    [Fact]
    public void A_folder_of_another_cluster_or_node_is_refused()
    {
        var cluster = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
        SteppedLog.Started(_disk, Options(cluster, 1)).Commit(0, 1);

        var otherCluster = Assert.Throws<LogFailedException>(
            () => SteppedLog.Started(_disk, Options(Guid.Parse("10112233-4455-6677-8899-aabbccddeeff"), 1)));
        var otherNode = Assert.Throws<LogFailedException>(() => SteppedLog.Started(_disk, Options(cluster, 2)));

        Assert.Contains(cluster.ToString(), otherCluster.Message, StringComparison.Ordinal);
        Assert.Contains("node 1", otherNode.Message, StringComparison.Ordinal);
        Assert.Equal(Ids(1), SteppedLog.Started(_disk, Options(cluster, 1)).State.Ids);
    }

    [Fact]
    public void A_log_without_an_identity_is_refused()
    {
        SteppedLog.Started(_disk).Commit(0, 1);
        _disk.NewProcess().Delete("identity");

        Assert.Throws<LogCorruptException>(() => SteppedLog.Started(_disk));
    }

    private static ReplicatedLogOptions Options(Guid cluster, ulong node) => new()
    {
        Folder = "/forgetful",
        ClusterId = cluster,
        NodeId = node,
        SegmentBytes = 32 << 10,
        EntryBytesMax = 4 << 10,
    };

    private static IEnumerable<long> Ids(int count) => Enumerable.Range(0, count).Select(static id => (long)id);

    private static int EndOf(ForgetfulFile file)
    {
        var last = RecordPositions(file)[^1];
        return last + LogRecord.AlignedBytes(BitConverter.ToInt32(file.Seen, last));
    }

    private string NewestSnapshot() =>
        _disk.Files.Keys.Where(static name => SnapshotHeader.TryParseName(name, out _)).Max(StringComparer.Ordinal)!;

    private static List<int> EntryPositions(ForgetfulFile file) =>
        RecordPositions(file).FindAll(position => file.Seen[position + 8] == (byte)LogRecordKind.Entry);

    private static List<int> RecordPositions(ForgetfulFile file)
    {
        var positions = new List<int>();
        var position = SegmentHeader.Bytes;
        while (position < file.Seen.Length && BitConverter.ToInt32(file.Seen, position) is var length and > 0)
        {
            positions.Add(position);
            position += LogRecord.AlignedBytes(length);
        }

        return positions;
    }
}
