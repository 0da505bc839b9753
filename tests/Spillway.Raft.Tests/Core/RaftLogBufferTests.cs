using Spillway.Raft.Core;
using Spillway.Raft.Segments;
using Spillway.Raft.Snapshots;
using Xunit;

namespace Spillway.Raft.Tests.Core;

public sealed class RaftLogBufferTests
{
    /// <summary>The same random operations on the buffer and on a plain list: appending, truncating, compacting, restoring.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void It_holds_what_a_plain_list_would(int seed)
    {
        var random = new Random(seed);
        var log = new RaftLogBuffer(new SnapshotId(5, 1), []);
        var plain = new List<RaftEntry>();
        ulong first = 6;
        for (var i = 0; i < 20_000; i++)
        {
            switch (random.Next(12))
            {
                case 0 when log.LastIndex > log.CommitIndex:
                    var from = log.CommitIndex + 1 + (ulong)random.Next((int)(log.LastIndex - log.CommitIndex));
                    log.Truncate(from);
                    plain.RemoveRange((int)(from - first), plain.Count - (int)(from - first));
                    break;
                case 1:
                    log.CommitTo(log.CommitIndex + (ulong)random.Next(5));
                    log.AppliedTo(log.CommitIndex);
                    break;
                case 2 when log.AppliedIndex > log.Compacted.Index && random.Next(4) == 0:
                    var to = log.Compacted.Index + 1 + (ulong)random.Next((int)(log.AppliedIndex - log.Compacted.Index));
                    log.Compact(to);
                    plain.RemoveRange(0, (int)(to + 1 - first));
                    first = to + 1;
                    break;
                case 3 when random.Next(200) == 0:
                    var restored = log.LastIndex + (ulong)random.Next(3);
                    log.Restore(new SnapshotId(restored, log.LastTerm), keepTail: false);
                    plain.Clear();
                    first = restored + 1;
                    break;
                case 4 when plain.Count > 0:
                    log.MarkStable(plain[^1].Index, plain[^1].Term);
                    break;
                default:
                    var entry = Entry(log.LastIndex + 1, log.LastTerm + (ulong)random.Next(2));
                    log.Append(entry);
                    plain.Add(entry);
                    break;
            }

            Assert.Equal((first, first + (ulong)plain.Count - 1), (log.FirstIndex, log.LastIndex));
            Assert.True(log.StableIndex <= log.LastIndex && log.AppliedIndex <= log.CommitIndex);
            if (i % 50 == 0)
            {
                Assert.Equal(plain, log.Slice(first, log.LastIndex));
            }
        }
    }

    [Theory]
    [InlineData(9, 9, 9, 4)]
    [InlineData(9, 3, 7, 2)]
    [InlineData(6, 4, 6, 2)]
    [InlineData(9, 1, 5, 1)]
    [InlineData(20, 9, 9, 4)]
    [InlineData(5, 1, 5, 1)]
    [InlineData(4, 1, 4, 0)]
    [InlineData(9, 0, 4, 0)]
    public void It_finds_the_last_entry_that_is_not_above_a_term(int index, int term, int foundIndex, int foundTerm)
    {
        var log = new RaftLogBuffer(new SnapshotId(5, 1), [Entry(6, 2), Entry(7, 2), Entry(8, 4), Entry(9, 4)]);

        Assert.Equal(((ulong)foundIndex, (ulong)foundTerm), log.LastNotAbove((ulong)index, (ulong)term));
    }

    [Fact]
    public void It_does_not_start_with_a_gap()
    {
        Assert.Throws<ArgumentException>(() => new RaftLogBuffer(new SnapshotId(5, 1), [Entry(7, 1)]));
        Assert.Throws<ArgumentException>(() => new RaftLogBuffer(new SnapshotId(5, 2), [Entry(6, 1)]));
    }

    [Fact]
    public void It_replaces_nothing_that_is_committed()
    {
        var log = new RaftLogBuffer(default, [Entry(1, 1), Entry(2, 1)]);
        log.CommitTo(1);

        Assert.Throws<InvalidOperationException>(() => log.Truncate(1));
        log.Truncate(2);

        Assert.Equal(1UL, log.LastIndex);
    }

    /// <summary>The write of an entry ends after another took its place: the new one is not durable by that.</summary>
    [Fact]
    public void A_write_that_was_overtaken_marks_nothing_stable()
    {
        var log = new RaftLogBuffer(default, []);
        log.Append(Entry(1, 1));
        log.Truncate(1);
        log.Append(Entry(1, 2));

        log.MarkStable(1, 1);
        Assert.Equal(0UL, log.StableIndex);
        log.MarkStable(1, 2);

        Assert.Equal(1UL, log.StableIndex);
    }

    [Fact]
    public void It_keeps_the_tail_behind_a_snapshot_that_it_agrees_with()
    {
        var log = new RaftLogBuffer(default, [Entry(1, 1), Entry(2, 1), Entry(3, 1)]);

        log.Restore(new SnapshotId(2, 1), keepTail: true);

        Assert.Equal((3UL, 3UL, 2UL), (log.FirstIndex, log.LastIndex, log.CommitIndex));
        Assert.Equal(3UL, log.StableIndex);
    }

    private static RaftEntry Entry(ulong index, ulong term) =>
        new(index, term, LogEntryType.Commands, new byte[LogEntryHeader.Bytes]);
}
