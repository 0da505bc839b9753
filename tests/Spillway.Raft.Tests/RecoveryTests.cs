using Spillway.Raft.Core;
using Spillway.Raft.Segments;
using Spillway.Raft.Snapshots;
using Spillway.Raft.Tests.Support;
using Xunit;

namespace Spillway.Raft.Tests;

/// <summary>
/// What replay does with records that a larger group's log will hold: replaced entries, hints ahead of the log, terms.
/// The segments are put together here, record by record.
/// </summary>
public sealed class RecoveryTests : IDisposable
{
    private static readonly FolderIdentity Identity = new(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), 1);

    private readonly ForgetfulDisk _disk = new(new Random(1));
    private readonly MemoryStream _segment = new();
    private uint _write;

    public RecoveryTests() => Begin(1, firstIndex: 1, previousTerm: 0);

    public void Dispose() => _segment.Dispose();

    [Fact]
    public void An_index_that_is_already_there_replaces_the_entry_and_all_behind_it()
    {
        HardStateIs(new HardState(1, 1, 1));
        Entry(1, 1);
        Entry(2, 1);
        Entry(3, 1);
        Entry(2, 2);

        var log = Recover();

        Assert.Equal([(1UL, 1UL), (2UL, 2UL)], log.Entries.Select(static e => (e.Header.Index, e.Header.Term)));
        Assert.Equal((2UL, 2UL), (log.LastIndex, log.LastTerm));
    }

    [Fact]
    public void A_replaced_entry_below_the_snapshot_takes_what_is_above_with_it()
    {
        Entry(1, 1);
        Entry(2, 1);
        Entry(3, 1);
        Entry(2, 2);
        Entry(3, 2);

        var log = Recover(new SnapshotId(2, 2));

        Assert.Equal([(3UL, 2UL)], log.Entries.Select(static e => (e.Header.Index, e.Header.Term)));
    }

    [Fact]
    public void A_commit_hint_ahead_of_the_log_is_clamped_and_term_and_vote_are_kept()
    {
        Entry(1, 3);
        HardStateIs(new HardState(4, 2, 9));

        Assert.Equal(new HardState(4, 2, 1), Recover().HardState);
    }

    [Fact]
    public void A_committed_entry_is_never_replaced()
    {
        Entry(1, 1);
        Entry(2, 1);
        HardStateIs(new HardState(1, 1, 2));
        Entry(2, 2);

        Assert.Throws<LogCorruptException>(() => Recover());
    }

    [Fact]
    public void A_term_never_falls()
    {
        HardStateIs(new HardState(4, 1, 0));
        HardStateIs(new HardState(3, 1, 0));

        Assert.Throws<LogCorruptException>(() => Recover());
    }

    [Fact]
    public void A_gap_between_indexes_refuses_to_start()
    {
        Entry(1, 1);
        Entry(3, 1);

        var refusal = Assert.Throws<LogCorruptException>(() => Recover());

        Assert.Contains("entry 3 cannot follow entry 1", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_log_that_begins_behind_the_snapshot_refuses_to_start()
    {
        Begin(4, firstIndex: 10, previousTerm: 1);

        Assert.Throws<LogCorruptException>(() => Recover(new SnapshotId(8, 1)));
    }

    [Fact]
    public void A_snapshot_newer_than_the_whole_log_stands_alone()
    {
        Entry(1, 1);
        Entry(2, 1);

        var log = Recover(new SnapshotId(5, 2));

        Assert.Empty(log.Entries);
        Assert.Equal((5UL, 2UL), (log.LastIndex, log.LastTerm));
    }

    [Fact]
    public void A_log_that_holds_another_terms_entry_at_the_snapshots_index_gives_way_to_it()
    {
        HardStateIs(new HardState(3, 1, 1));
        Entry(1, 1);
        Entry(2, 3);
        Entry(3, 3);

        var log = Recover(new SnapshotId(2, 4));

        Assert.Empty(log.Entries);
        Assert.Equal((2UL, 4UL), (log.LastIndex, log.LastTerm));
        Assert.Equal(new HardState(4, 0, 2), log.HardState);
    }

    [Fact]
    public void Where_a_term_was_lost_with_the_end_of_a_write_the_last_entrys_is_taken_without_a_vote()
    {
        HardStateIs(new HardState(1, 2, 1));
        Entry(1, 1);
        Entry(2, 5);

        Assert.Equal(new HardState(5, 0, 1), Recover().HardState);
    }

    [Fact]
    public void Segments_whose_first_indexes_fall_are_read_and_let_go_by_what_they_hold()
    {
        // A leader replaced the log's end from index 40 on, in a segment that began at 60; the next one begins at 45.
        var disk = new ForgetfulDisk(new Random(1));
        using var log = new SegmentedLog(disk.NewProcess(), Identity, 32 << 10, new RecoveredLog
        {
            Segments = [],
            Entries = [],
            HardState = new HardState(1, 0, 0),
            LastIndex = 0,
            LastTerm = 0,
            TornBytes = 0,
        });
        log.OpenSegment();
        log.Append(Entries(1, 59, term: 1), new HardState(1, 0, 30));
        log.OpenSegment();
        log.Append(Entries(40, 44, term: 2), new HardState(2, 0, 30));
        log.OpenSegment();
        log.Append(Entries(45, 50, term: 2), new HardState(2, 0, 44));
        log.Flush();

        foreach (var snapshot in (ulong[])[0, 20, 39, 42, 44, 47])
        {
            var term = snapshot == 0 ? 0UL : snapshot < 40 ? 1UL : 2UL;
            var recovered = new LogRecovery(
                disk.AfterPowerCut().NewProcess(), Identity, new SnapshotId(snapshot, term)).Run();

            Assert.Equal((50UL, 2UL), (recovered.LastIndex, recovered.LastTerm));
            Assert.Equal((int)(50 - snapshot), recovered.Entries.Count);
        }

        Assert.Empty(log.TakeUpTo(43)); // 44 is in the second segment
        Assert.Equal([1UL, 2UL], log.TakeUpTo(44).Select(static segment => segment.Number));
    }

    [Fact]
    public void A_write_that_rolls_in_the_middle_is_one_flush_a_segment_and_reads_back()
    {
        var disk = new ForgetfulDisk(new Random(1));
        using var log = new SegmentedLog(disk.NewProcess(), Identity, 32 << 10, new RecoveredLog
        {
            Segments = [],
            Entries = [],
            HardState = default,
            LastIndex = 0,
            LastTerm = 0,
            TornBytes = 0,
        });
        log.OpenSegment();
        var before = disk.Flushes;

        log.Append(Entries(1, 1000, term: 1), new HardState(1, 1, 500));
        log.Flush();

        var segments = disk.Files.Keys.Count(static name => SegmentHeader.TryParseName(name, out _));
        Assert.Equal(2 * (segments - 1) + 1, disk.Flushes - before); // the full one, the new one's head; the last one
        var recovered = new LogRecovery(disk.AfterPowerCut().NewProcess(), Identity, default).Run();
        Assert.Equal(1000, recovered.Entries.Count);
        Assert.Equal(new HardState(1, 1, 500), recovered.HardState);
    }

    [Fact]
    public void What_was_written_in_pieces_and_not_flushed_is_a_torn_end_whatever_is_left_of_it()
    {
        for (var seed = 0; seed < 15; seed++)
        {
            var disk = new ForgetfulDisk(new Random(seed));
            using var log = new SegmentedLog(disk.NewProcess(), Identity, 16 << 20, new RecoveredLog
            {
                Segments = [],
                Entries = [],
                HardState = default,
                LastIndex = 0,
                LastTerm = 0,
                TornBytes = 0,
            });
            log.OpenSegment();

            log.Append(Entries(1, 25, term: 1, bytes: 200_000), new HardState(1, 1, 0)); // more than is written at once
            disk.PowerCut();

            var recovered = new LogRecovery(disk.NewProcess(), Identity, default).Run();
            Assert.InRange(recovered.Entries.Count, 0, 25);
        }
    }

    [Fact]
    public void Commands_that_do_not_fill_their_entry_refuse_to_start()
    {
        Entry(1, 1, commandLength: 5);

        Assert.Throws<LogCorruptException>(() => Recover());
    }

    [Fact]
    public void An_unfinished_segment_is_cleared_away()
    {
        Entry(1, 1);
        using (_disk.NewProcess().Create(SegmentHeader.NameOf(2) + SegmentHeader.TemporarySuffix, 4096))
        {
        }

        Assert.Equal(1UL, Recover().LastIndex);
        Assert.Equal([SegmentHeader.NameOf(1)], _disk.Files.Keys);
    }

    private static RaftEntry[] Entries(ulong first, ulong last, ulong term, int bytes = 100)
    {
        var entries = new List<RaftEntry>();
        for (var index = first; index <= last; index++)
        {
            var payload = new byte[LogEntryHeader.Bytes + 4 + bytes];
            new LogEntryHeader(index, term, LogEntryType.Commands, 1, 1, 1, index).WriteTo(payload);
            BitConverter.TryWriteBytes(payload.AsSpan(LogEntryHeader.Bytes), bytes);
            entries.Add(new RaftEntry(index, term, LogEntryType.Commands, payload));
        }

        return [.. entries];
    }

    private void Begin(ulong number, ulong firstIndex, ulong previousTerm)
    {
        _segment.SetLength(0);
        var page = new byte[SegmentHeader.Bytes];
        new SegmentHeader(Identity.ClusterId, Identity.NodeId, number, firstIndex, previousTerm).WriteTo(page);
        _segment.Write(page);
        Number = number;
    }

    private ulong Number { get; set; }

    private void HardStateIs(HardState state)
    {
        var payload = new byte[HardState.PayloadBytes];
        state.WriteTo(payload);
        Record(LogRecordKind.HardState, payload);
    }

    private void Entry(ulong index, ulong term, int commandLength = 4)
    {
        var payload = new byte[LogEntryHeader.Bytes + 8];
        new LogEntryHeader(index, term, LogEntryType.Commands, 1, 1, 1, 1).WriteTo(payload);
        BitConverter.TryWriteBytes(payload.AsSpan(LogEntryHeader.Bytes), commandLength);
        Record(LogRecordKind.Entry, payload);
    }

    private void Record(LogRecordKind kind, byte[] payload)
    {
        var record = new byte[LogRecord.AlignedBytes(payload.Length)];
        payload.CopyTo(record, LogRecord.HeaderBytes);
        LogRecord.Seal(record, payload.Length, kind, ++_write, Number, _segment.Length);
        _segment.Write(record);
    }

    private RecoveredLog Recover(SnapshotId snapshot = default)
    {
        var folder = _disk.NewProcess();
        using (var file = folder.Create(SegmentHeader.NameOf(Number), 0))
        {
            file.Write(_segment.ToArray(), 0);
        }

        return new LogRecovery(folder, Identity, snapshot).Run();
    }
}
