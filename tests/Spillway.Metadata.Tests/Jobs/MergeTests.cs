using Spillway.Metadata.Jobs;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.Jobs;

/// <summary>Which small entries are merged, when, and what becomes of a merge that somebody else's work crosses.</summary>
public sealed class MergeTests
{
    private readonly StateContext _context = new();
    private readonly TestWriter _writer;
    private readonly TestCompactor _compactor;
    private readonly long[] _logs;

    public MergeTests()
    {
        _writer = _context.NewWriter();
        _compactor = NewCompactor("c");
        _logs = _context.CreateTopic(partitions: 3);
    }

    [Fact]
    public void As_many_small_entries_in_a_row_as_are_wanted_become_one()
    {
        DrainTimes(3, _logs[0]);
        Assert.Null(_compactor.Acquire().Job);

        DrainTimes(1, _logs[0]);
        var job = _compactor.Acquire().Job;

        Assert.Equal((JobKind.Merge, 4), (job.Kind, job.Ranges.Count));
        Assert.Equal(job.Ranges.Select(static r => r.Entry.ContainerId).Distinct(), job.Containers.Select(static c => c.ContainerId));
        Assert.All(job.Containers, static c => Assert.NotEqual("", c.Path));
        Assert.True(Assert.Single(_compactor.Drain(job).Reply.Accepted));
        _compactor.Complete(job);
        var entry = Assert.Single(_context.Entries(_logs[0]));
        Assert.Equal((0L, 3L, 400L), (entry.BaseOffset, entry.LastOffset, entry.Length));
    }

    [Fact]
    public void What_was_merged_is_not_merged_again_and_makes_the_next_run_longer_where_it_stayed_small()
    {
        for (var group = 1; group <= 6; group++)
        {
            var wanted = Math.Max(4, group - 1);
            DrainTimes(wanted - 1, _logs[0]);
            Assert.Null(_compactor.Acquire().Job);
            DrainTimes(1, _logs[0]);
            var job = _compactor.Acquire().Job;
            Assert.Equal(wanted, job.Ranges.Count);
            Finish(job);
        }

        Assert.Equal(6, _context.Entries(_logs[0]).Length);
    }

    [Fact]
    public void A_run_that_has_the_bytes_of_an_object_does_not_wait_for_more_entries()
    {
        _compactor.MergeEntriesMin = 100;
        for (var i = 0; i < 10; i++)
        {
            Drain((_logs[0], 7 << 20));
        }

        var job = _compactor.Acquire().Job;

        // Nine are 63 MiB, and the tenth would make it more than an object is to have.
        Assert.Equal(9, job.Ranges.Count);
        Finish(job);
        Assert.Null(_compactor.Acquire().Job);
    }

    [Fact]
    public void A_run_that_nothing_can_join_any_more_is_merged_at_once_and_a_lone_entry_stays()
    {
        Drain((_logs[0], 100));
        Drain((_logs[0], 100));
        Drain((_logs[0], MergeRuns.SmallBytes));
        Drain((_logs[0], 100));
        Drain((_logs[0], MergeRuns.SmallBytes));

        var job = _compactor.Acquire().Job;
        Assert.Equal([0L, 1L], job.Ranges.Select(static r => r.Entry.BaseOffset));
        Finish(job);

        Assert.Null(_compactor.Acquire().Job);
        _context.Restore(_context.Snapshot());
        Assert.Equal(5, _context.Log(_logs[0]).MergeStartOffset);
    }

    [Fact]
    public void Entries_on_both_sides_of_one_in_the_wal_wait_for_it()
    {
        DrainTimes(2, _logs[0]);
        _writer.CommitOne(_context.Batch(_logs[0]));
        _writer.Seal();
        _writer.SegmentId = 0;
        var late = _compactor.Acquire().Job;
        Assert.Equal(JobKind.Drain, late.Kind);
        DrainTimes(3, _logs[0]);

        Assert.Null(_compactor.Acquire().Job);
        Finish(late);

        Assert.Equal(6, _compactor.Acquire().Job.Ranges.Count);
    }

    [Fact]
    public void One_merge_moves_what_many_logs_have_together_and_leaves_them_to_nobody_else()
    {
        var other = NewCompactor("d");
        for (var i = 0; i < 4; i++)
        {
            Drain([.. _logs.Select(static log => (log, 100L))]);
        }

        var job = _compactor.Acquire().Job;
        Assert.Equal(12, job.Ranges.Count);
        Assert.Equal(4, job.Containers.Count);
        Assert.Null(other.Acquire().Job);

        // Not even what came meanwhile, until the merge has ended.
        DrainTimes(4, _logs[0]);
        Assert.Null(other.Acquire().Job);
        Finish(job);
        Assert.Equal([_logs[0], _logs[0], _logs[0], _logs[0]], other.Acquire().Job.Ranges.Select(static r => r.LogId));
    }

    [Fact]
    public void A_leased_log_does_not_keep_others_of_the_same_objects_from_being_merged()
    {
        var other = NewCompactor("d");
        for (var i = 0; i < 3; i++)
        {
            Drain((_logs[0], 100), (_logs[1], 100));
        }

        Drain((_logs[0], 100));
        var first = _compactor.Acquire().Job;
        Assert.All(first.Ranges, r => Assert.Equal(_logs[0], r.LogId));
        Drain((_logs[1], 100));

        var second = other.Acquire().Job;

        Assert.Equal(first.Containers.Take(3), second.Containers.Take(3));
        Finish(first);
        Assert.True(Assert.Single(other.Drain(second).Reply.Accepted));
    }

    [Fact]
    public void Logs_are_left_alone_for_a_while_so_that_others_join()
    {
        _compactor.MergeDelayMs = 60_000;
        DrainTimes(4, _logs[0]);
        _context.NowMs += 59_999;
        Assert.Null(_compactor.Acquire().Job);
        _context.NowMs += 1;
        Assert.Equal(4, _compactor.Acquire().Job.Ranges.Count);
    }

    [Fact]
    public void A_lost_lease_and_a_failure_make_a_merge_anew()
    {
        DrainTimes(4, _logs[0]);
        var lost = _compactor.Acquire().Job;
        _context.NowMs += TestCompactor.JobLeaseMs + 1;
        _context.Register(NodeKind.Compactor, "c", "p2");
        _context.ExpireDeadlines();
        var other = NewCompactor("d");
        var again = other.Acquire().Job;
        Assert.Equal(lost.Ranges, again.Ranges);
        Assert.True(_compactor.Prepare(lost).Lost);

        other.Complete(again, failed: true);
        Assert.Null(other.Acquire().Job);
        _context.NowMs += 5_000;
        var third = other.Acquire().Job;
        Assert.Equal(again.Ranges, third.Ranges);
        other.Complete(third, failed: true);
        _context.Restore(_context.Snapshot());
        _context.NowMs += 9_999;
        Assert.Null(other.Acquire().Job);
        _context.NowMs++;
        Assert.Equal(again.Ranges, other.Acquire().Job.Ranges);
    }

    [Fact]
    public void Of_two_merges_of_the_same_entries_one_is_refused()
    {
        DrainTimes(4, _logs[0]);
        var stalled = _compactor.Acquire().Job;
        var late = _compactor.Prepare(stalled, ttlMs: 3_600_000);
        _context.NowMs += TestCompactor.JobLeaseMs + 1;
        _context.ExpireDeadlines();
        var other = NewCompactor("d");
        Finish(other.Acquire().Job, other);
        var before = _context.Entries(_logs[0]);

        var reply = _compactor.Commit(late.ObjectId, TestCompactor.Coalesce(stalled));

        Assert.False(Assert.Single(reply.Accepted));
        Assert.Equal(before, _context.Entries(_logs[0]));
    }

    [Fact]
    public void Where_records_were_deleted_meanwhile_the_rest_is_taken_and_of_a_deleted_topic_nothing()
    {
        var gone = _context.CreateTopic("gone")[0];
        for (var i = 0; i < 4; i++)
        {
            Drain((_logs[0], 100), (_logs[1], 100), (gone, 100));
        }

        var job = _compactor.Acquire().Job;
        Assert.Equal(12, job.Ranges.Count);
        _context.DeleteRecords(_logs[0], 2);
        _context.DeleteRecords(_logs[1], 4);
        _context.DeleteTopic("gone");
        _context.Trim();

        var reply = _compactor.Drain(job).Reply;

        Assert.Equal([true, false, false], reply.Accepted);
        Assert.Equal((0L, 3L), (_context.Entries(_logs[0])[0].BaseOffset, Assert.Single(_context.Entries(_logs[0])).LastOffset));
        _compactor.Complete(job);
        Assert.Null(_compactor.Acquire().Job);
    }

    [Fact]
    public void A_restored_state_goes_on_as_the_one_it_was_written_from()
    {
        DrainTimes(4, _logs[0]);
        DrainTimes(4, _logs[1]);
        _compactor.DrainRangesMax = 1;
        var job = _compactor.Acquire().Job;
        Assert.All(job.Ranges, r => Assert.Equal(_logs[0], r.LogId));
        var snapshot = _context.Snapshot();
        _context.Restore(snapshot);
        Assert.Equal(snapshot, _context.Snapshot());

        var second = _compactor.Acquire().Job;
        Assert.All(second.Ranges, r => Assert.Equal(_logs[1], r.LogId));
        Finish(job);
        Finish(second);
        _context.Restore(_context.Snapshot());
        DrainTimes(3, _logs[0]);
        Assert.Null(_compactor.Acquire().Job);
    }

    private TestCompactor NewCompactor(string name)
    {
        var compactor = _context.NewCompactor(name);
        compactor.Kinds = [JobKind.Drain, JobKind.Merge];
        compactor.MergeBytesTarget = 64 << 20;
        return compactor;
    }

    private void DrainTimes(int count, long logId)
    {
        for (var i = 0; i < count; i++)
        {
            Drain((logId, 100));
        }
    }

    /// <summary>One segment, one object, one entry for each log.</summary>
    private void Drain(params (long LogId, long Length)[] batches)
    {
        _writer.Commit([.. batches.Select(b => _context.Batch(b.LogId, length: (int)b.Length))]);
        _writer.Seal();
        _writer.SegmentId = 0;
        _compactor.Kinds = [JobKind.Drain];
        Finish(_compactor.Acquire().Job);
        _compactor.Kinds = [JobKind.Drain, JobKind.Merge];
    }

    private void Finish(Job job, TestCompactor? by = null)
    {
        Assert.All((by ?? _compactor).Drain(job).Reply.Accepted, Assert.True);
        (by ?? _compactor).Complete(job);
    }
}
