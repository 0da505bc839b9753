using Spillway.Kafka;
using Spillway.ProtocolFrontend.Tails;
using Spillway.Rpc.Metadata;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Tails;

public sealed class PartitionViewTests
{
    private readonly PartitionView _view = new(new LogId(1));

    [Fact]
    public void Offsets_never_go_back()
    {
        _view.Apply(Tail(highWatermark: 10, logStart: 5));

        _view.Apply(Tail(highWatermark: 7, logStart: 3));

        Assert.Equal(new PartitionOffsets(5, 10, 10), _view.Offsets);
    }

    [Fact]
    public void What_was_produced_here_is_for_those_who_read_all_records()
    {
        // A batch of a transaction: its records are not stable, which the answer to the produce does not say.
        _view.Apply(Tail(highWatermark: 10, logStart: 5));
        var wait = new TailWait();
        _view.Register(wait);

        _view.LearnProduced(12);

        Assert.Equal(new PartitionOffsets(5, 10, 10), _view.Offsets);
        Assert.Equal(new PartitionOffsets(5, 12, 10), _view.UncommittedOffsets);
        Assert.True(wait.Moved.IsCompleted);
    }

    [Fact]
    public void A_commit_wakes_who_waits()
    {
        var wait = new TailWait();
        _view.Register(wait);

        _view.Apply(Tail(highWatermark: 1, logStart: 0));

        Assert.True(wait.Moved.IsCompleted);
    }

    [Fact]
    public void Who_unregistered_is_not_woken()
    {
        var wait = new TailWait();
        _view.Register(wait);
        _view.Unregister(wait);

        _view.Apply(Tail(highWatermark: 1, logStart: 0));

        Assert.False(wait.Moved.IsCompleted);
    }

    [Fact]
    public void Entries_are_found_from_the_one_that_holds_the_offset()
    {
        _view.Apply(Tail(30, 0, Entry(0, 9), Entry(10, 19), Entry(20, 29)));
        var found = new List<IndexEntry>();

        Assert.True(_view.TryFindEntries(15, long.MaxValue, found));

        Assert.Equal([10, 20], found.Select(static entry => entry.BaseOffset));
    }

    [Fact]
    public void Entries_are_bounded_by_bytes_but_for_the_first()
    {
        _view.Apply(Tail(30, 0, Entry(0, 9), Entry(10, 19), Entry(20, 29)));
        var found = new List<IndexEntry>();

        Assert.True(_view.TryFindEntries(0, 1, found));

        Assert.Single(found);
    }

    [Fact]
    public void After_a_gap_in_the_stream_older_entries_are_not_strung_to_newer_ones()
    {
        _view.Apply(Tail(10, 0, Entry(0, 9)));
        _view.Apply(Tail(40, 0, Entry(30, 39)));

        Assert.False(_view.TryFindEntries(5, long.MaxValue, []));
        Assert.False(_view.TryFindEntries(15, long.MaxValue, []));
        Assert.True(_view.TryFindEntries(30, long.MaxValue, []));
    }

    [Fact]
    public void Forgotten_entries_are_not_found()
    {
        _view.Apply(Tail(10, 0, Entry(0, 9)));

        _view.ForgetEntries();

        Assert.False(_view.TryFindEntries(0, long.MaxValue, []));
    }

    [Fact]
    public void Entries_that_log_compaction_may_rewrite_are_not_kept()
    {
        _view.Apply(Tail(30, 0, Entry(0, 9), Entry(10, 19), Entry(20, 29)));

        // The pass ends inside the second one: cleaning rewrites it whole.
        var tail = Tail(50, 0, Entry(30, 39), Entry(40, 49));
        tail.CompactedEnd = 15;
        _view.Apply(tail);

        Assert.Equal(15, _view.CompactedEnd);
        Assert.False(_view.TryFindEntries(0, long.MaxValue, []));
        Assert.False(_view.TryFindEntries(15, long.MaxValue, []));
        Assert.True(_view.TryFindEntries(20, long.MaxValue, []));

        tail = Tail(60, 0, Entry(50, 59));
        tail.CompactedEnd = 60;
        _view.Apply(tail);
        Assert.False(_view.TryFindEntries(50, long.MaxValue, []));
        _view.Apply(Tail(70, 0, Entry(60, 69)));
        Assert.Equal(60, _view.CompactedEnd);
        Assert.True(_view.TryFindEntries(60, long.MaxValue, []));
    }

    private static PartitionTail Tail(long highWatermark, long logStart, params IndexEntry[] entries) => new()
    {
        LogId = 1,
        HighWatermark = highWatermark,
        LastStableOffset = highWatermark,
        LogStartOffset = logStart,
        LastAbortedOffset = -1,
        Entries = { entries },
    };

    private static IndexEntry Entry(long baseOffset, long lastOffset) => new()
    {
        BaseOffset = baseOffset,
        LastOffset = lastOffset,
        Kind = ContainerKind.WalSegment,
        ContainerId = 1,
        Length = 100,
    };
}
