using Spillway.Metadata.Objects;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.Objects;

/// <summary>Ranges swapped to objects, or refused, each on its own (design.md §6).</summary>
public sealed class ObjectCommitTests
{
    private readonly StateContext _context = new();
    private readonly TestWriter _writer;
    private readonly TestCompactor _compactor;
    private readonly long _log;

    public ObjectCommitTests()
    {
        _writer = _context.NewWriter();
        _compactor = _context.NewCompactor();
        _log = _context.CreateTopic()[0];
    }

    [Fact]
    public void A_range_over_several_entries_becomes_one_entry_of_the_object()
    {
        Produce(10, 10, 10);
        var job = AcquireDrain();

        var (reply, objectId) = _compactor.Drain(job);

        Assert.Equal([true], reply.Accepted);
        var entry = Assert.Single(_context.Entries(_log));
        Assert.Equal((0, 29, ContainerKind.Object, objectId), (entry.BaseOffset, entry.LastOffset, entry.Kind, entry.ContainerId));
        Assert.Equal(0, _context.State.Containers.FindSegment(_writer.SegmentId)!.LiveEntries);
        Assert.Equal(1, _context.State.Containers.FindObject(objectId)!.LiveEntries);
        Assert.Equal(entry.Length, _context.Log(_log).ByteSize);
    }

    [Fact]
    public void Appends_meanwhile_do_not_matter()
    {
        Produce(10);
        var job = AcquireDrain();
        _writer.Open();
        _writer.CommitOne(_context.Batch(_log, 5));

        Assert.Equal([true], _compactor.Drain(job).Reply.Accepted);
        Assert.Equal([0, 10], _context.Entries(_log).Select(e => e.BaseOffset));
    }

    [Fact]
    public void Of_two_compactors_with_the_same_ranges_the_first_wins()
    {
        Produce(10);
        var slow = AcquireDrain();
        var prepared = _compactor.Prepare(slow, ttlMs: 100_000);
        _context.NowMs += TestCompactor.JobLeaseMs + 1;
        _context.Register(NodeKind.Compactor, "c");
        _context.ExpireDeadlines();
        var other = _context.NewCompactor("d");

        var fast = other.Drain(other.Acquire().Job);
        var late = _compactor.Commit(prepared.ObjectId, TestCompactor.Coalesce(slow));

        Assert.Equal([true], fast.Reply.Accepted);
        Assert.Equal([false], late.Accepted);
        Assert.Equal(fast.ObjectId, Assert.Single(_context.Entries(_log)).ContainerId);
        Assert.NotEqual(0, _context.State.Containers.FindObject(prepared.ObjectId)!.UnreferencedAtMs);
    }

    [Fact]
    public void A_rewrite_elsewhere_in_the_log_refuses_nothing()
    {
        // Two drains of a hot partition go on side by side.
        Produce(10);
        var first = AcquireDrain();
        _writer.SegmentId = 0;
        Produce(10);
        var other = _context.NewCompactor("d");
        var second = other.Acquire().Job;

        Assert.Equal([true], _compactor.Drain(first).Reply.Accepted);
        Assert.Equal([true], other.Drain(second).Reply.Accepted);
    }

    [Fact]
    public void Several_ranges_of_one_log_in_one_object_do_not_refuse_one_another()
    {
        Produce(10, 10, 10);
        var job = AcquireDrain();
        var prepared = _compactor.Prepare(job);

        var reply = _compactor.Commit(prepared.ObjectId, [.. job.Ranges.Select(r => TestCompactor.ToRange(r))]);

        Assert.Equal([true, true, true], reply.Accepted);
        Assert.Equal(3, _context.Entries(_log).Length);
    }

    [Theory]
    [InlineData(0, 14)]
    [InlineData(5, 19)]
    [InlineData(0, 25)]
    [InlineData(10, 40)]
    public void A_range_that_is_not_whole_entries_is_refused(long baseOffset, long lastOffset)
    {
        Produce(10, 10, 10);
        var before = _context.Entries(_log);
        var prepared = _compactor.Prepare(AcquireDrain());

        var reply = _compactor.Commit(prepared.ObjectId, Range(baseOffset, lastOffset));

        Assert.Equal([false], reply.Accepted);
        Assert.Equal(before, _context.Entries(_log));
    }

    [Fact]
    public void A_range_wholly_below_the_log_start_is_refused()
    {
        Produce(10, 10);
        var prepared = _compactor.Prepare(AcquireDrain());
        _context.DeleteRecords(_log, 10);

        Assert.Equal([false, true], _compactor.Commit(prepared.ObjectId, Range(0, 9), Range(10, 19)).Accepted);
    }

    [Fact]
    public void A_range_that_lost_its_head_to_a_truncation_is_taken()
    {
        Produce(10, 10, 10);
        var job = AcquireDrain();
        _context.DeleteRecords(_log, 15);
        Assert.Equal(2, _context.Entries(_log).Length);

        var (reply, _) = _compactor.Drain(job);

        Assert.Equal([true], reply.Accepted);
        Assert.Equal((0, 29), Bounds(Assert.Single(_context.Entries(_log))));
        Assert.Equal(15, _context.Log(_log).LogStartOffset);
    }

    [Fact]
    public void A_range_whose_head_was_rewritten_by_another_is_refused()
    {
        Produce(10, 10);
        var prepared = _compactor.Prepare(AcquireDrain(), 100_000);
        var other = _compactor.Prepare(ReacquireDrain(), 100_000);
        Assert.Equal([true], _compactor.Commit(other.ObjectId, Range(0, 9)).Accepted);

        Assert.Equal([false, true], _compactor.Commit(prepared.ObjectId, Range(0, 19), Range(10, 19)).Accepted);
    }

    [Fact]
    public void Ranges_of_a_deleted_topic_are_refused_alone()
    {
        var other = _context.CreateTopic("u")[0];
        _writer.Commit(_context.Batch(_log, 4), _context.Batch(other, 4));
        _writer.Seal();
        var job = AcquireDrain();
        _context.DeleteTopic("u");

        Assert.Equal([true, false], _compactor.Drain(job).Reply.Accepted);
    }

    [Fact]
    public void A_commit_sent_again_gets_the_first_answer_and_swaps_nothing()
    {
        Produce(10);
        var prepared = _compactor.Prepare(AcquireDrain());
        var first = _compactor.Commit(prepared.ObjectId, Range(0, 9), Range(50, 59));
        var version = _context.Log(_log).RewriteVersion;

        Assert.Equal([true, false], first.Accepted);
        Assert.Equal(first, _compactor.Commit(prepared.ObjectId, Range(0, 9), Range(50, 59)));
        Assert.Equal(version, _context.Log(_log).RewriteVersion);
    }

    [Fact]
    public void A_commit_after_its_time_is_refused_even_before_anybody_looked()
    {
        Produce(10);
        var prepared = _compactor.Prepare(AcquireDrain(), ttlMs: 5_000);
        _context.NowMs += 5_001;

        Assert.True(_compactor.Commit(prepared.ObjectId, Range(0, 9)).Expired);
        Assert.Equal(ObjectState.Expired, _context.State.Containers.FindObject(prepared.ObjectId)!.State);
        Assert.True(_compactor.Commit(prepared.ObjectId, Range(0, 9)).Expired);
        Assert.True(_compactor.Commit(4711, Range(0, 9)).Expired);
    }

    [Fact]
    public void Keys_are_spread_and_never_given_twice()
    {
        Produce(10);
        var job = AcquireDrain();

        var keys = Enumerable.Range(0, 64).Select(_ => _compactor.Prepare(job).Key).ToList();

        Assert.Equal(64, keys.Distinct().Count());
        Assert.True(keys.Select(k => k[..2]).Distinct().Count() > 32);
    }

    private static (long, long) Bounds(Spillway.Metadata.Partitions.BatchIndexEntry entry) => (entry.BaseOffset, entry.LastOffset);

    private ObjectRange Range(long baseOffset, long lastOffset) =>
        new() { LogId = _log, BaseOffset = baseOffset, LastOffset = lastOffset, Length = 100 };

    /// <summary>One segment with an entry of so many records each, sealed.</summary>
    private void Produce(params int[] records)
    {
        foreach (var count in records)
        {
            _writer.CommitOne(_context.Batch(_log, count));
        }

        _writer.Seal();
    }

    private Job AcquireDrain()
    {
        var job = _compactor.Acquire().Job;
        Assert.Equal(JobKind.Drain, job.Kind);
        return job;
    }

    /// <summary>The same segment again, after its first lease ran out.</summary>
    private Job ReacquireDrain()
    {
        _context.NowMs += TestCompactor.JobLeaseMs + 1;
        _compactor.Epoch = _context.Register(NodeKind.Compactor, "c").Epoch;
        _context.ExpireDeadlines();
        return AcquireDrain();
    }
}
