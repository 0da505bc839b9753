using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.Jobs;

/// <summary>What compactors are given to do, and when.</summary>
public sealed class JobTests
{
    private readonly StateContext _context = new();
    private readonly TestWriter _writer;
    private readonly TestCompactor _compactor;
    private readonly long[] _logs;

    public JobTests()
    {
        _writer = _context.NewWriter();
        _compactor = _context.NewCompactor();
        _logs = _context.CreateTopic(partitions: 3);
    }

    [Fact]
    public void An_open_segment_is_nobodys_work()
    {
        _writer.CommitOne(_context.Batch(_logs[0]));

        Assert.Null(_compactor.Acquire().Job);
    }

    [Fact]
    public void A_drain_names_its_ranges_by_log_and_in_offset_order()
    {
        var other = _context.NewWriter("b");
        _writer.Commit(_context.Batch(_logs[1], 2), _context.Batch(_logs[0], 3));
        other.Commit(_context.Batch(_logs[0], 4));
        _writer.Commit(_context.Batch(_logs[0], 5));
        _writer.Seal();
        other.Seal();

        var job = _compactor.Acquire().Job;

        Assert.Equal(JobKind.Drain, job.Kind);
        Assert.Equal(
            [(_logs[0], 0), (_logs[0], 3), (_logs[0], 7), (_logs[1], 0L)],
            job.Ranges.Select(r => (r.LogId, r.Entry.BaseOffset)));
        Assert.Equal([_writer.SegmentId, other.SegmentId], job.Containers.Select(c => c.ContainerId));
    }

    // What an alert of an object store that is away looks at: who fails at a drain again and again has it in hand most of the time.
    [Fact]
    public void What_is_not_drained_grows_older_whoever_has_it_in_hand()
    {
        long OldestMs() => _context.State.Containers.OldestUndrainedMs(_context.NowMs);
        _writer.CommitOne(_context.Batch(_logs[0]));
        _context.NowMs += 1000;
        Assert.Equal(0, OldestMs());

        _writer.Seal();
        _context.NowMs += 2000;
        Assert.Equal(2000, OldestMs());
        var drain = _compactor.Acquire().Job;
        _context.NowMs += 500;
        Assert.Equal(2500, OldestMs());

        _compactor.Drain(drain);
        _compactor.Complete(drain);
        Assert.Equal(0, OldestMs());
    }

    [Fact]
    public void A_compactor_is_given_only_what_it_says_it_runs()
    {
        _writer.CommitOne(_context.Batch(_logs[0]));
        _writer.Seal();

        _compactor.Kinds = [JobKind.Delete, JobKind.Merge];
        Assert.Null(_compactor.Acquire().Job);

        _compactor.Kinds = [JobKind.Drain];
        var drain = _compactor.Acquire().Job;
        Assert.Equal(JobKind.Drain, drain.Kind);
        _compactor.Drain(drain);
        _compactor.Complete(drain);
        _context.NowMs += StateContext.GraceMs + 1;
        Assert.Null(_compactor.Acquire().Job);

        _compactor.Kinds = [];
        Assert.Equal(JobKind.Delete, _compactor.Acquire().Job.Kind);
    }

    [Fact]
    public void What_fails_again_and_again_waits_longer_each_time_and_never_too_long()
    {
        _writer.CommitOne(_context.Batch(_logs[0]));
        _writer.Seal();
        long[] waits = [5_000, 10_000, 20_000, 40_000, 60_000, 60_000];
        for (var i = 0; i < waits.Length; i++)
        {
            var job = _compactor.Acquire().Job;
            Assert.Equal(i, Assert.Single(_context.State.Jobs.List(_context.NowMs).Jobs).FailureCount);
            _compactor.Complete(job, failed: true);
            _context.Restore(_context.Snapshot());
            _context.NowMs += waits[i] - 1;
            Assert.Null(_compactor.Acquire().Job);
            _context.NowMs++;
        }

        // One that is done and leaves something counts anew.
        _compactor.Complete(_compactor.Acquire().Job);
        _compactor.Complete(_compactor.Acquire().Job, failed: true);
        _context.NowMs += 5_000;
        Assert.Equal(JobKind.Drain, _compactor.Acquire().Job.Kind);
    }

    [Fact]
    public void What_fails_does_not_keep_others_waiting()
    {
        _writer.CommitOne(_context.Batch(_logs[0]));
        _writer.Seal();
        for (var i = 0; i < 3; i++)
        {
            _compactor.Complete(_compactor.Acquire().Job, failed: true);
            _context.NowMs += 60_000;
        }

        _compactor.Complete(_compactor.Acquire().Job, failed: true);
        var other = _context.NewWriter("b");
        other.CommitOne(_context.Batch(_logs[1]));
        other.Seal();

        Assert.Equal(_logs[1], Assert.Single(_compactor.Acquire().Job.Ranges).LogId);
    }

    [Fact]
    public void Operators_see_who_does_what_and_what_waits()
    {
        _writer.CommitOne(_context.Batch(_logs[0], length: 400));
        _writer.Seal();
        Assert.Equal((400, 1, 0), Backlog());

        var job = _compactor.Acquire().Job;
        _context.NowMs += 10_000;

        var leased = Assert.Single(List().Jobs);
        Assert.Equal(
            (job.JobId, JobKind.Drain, "c", TestCompactor.JobLeaseMs - 10_000),
            (leased.JobId, leased.Kind, leased.Holder, leased.LeaseLeftMs));
        Assert.Equal(job.Containers, leased.Containers);
        Assert.Equal((0, 0, 0), Backlog());

        _compactor.Drain(job);
        _compactor.Complete(job);
        _context.NowMs += 1_000;

        Assert.Empty(List().Jobs);
        Assert.Equal((0, 0, 1), Backlog());
        Assert.Equal(1_000, List().OldestGarbageMs);

        ListJobsReply List() => _context.State.Jobs.List(_context.NowMs);

        (long, int, int) Backlog() => List() is var list ? (list.DrainableBytes, list.DrainableSegments, list.GarbageCount) : default;
    }

    [Fact]
    public void Little_is_drained_when_it_is_old_and_much_at_once()
    {
        _compactor.DrainBytesTarget = 1_000;
        _compactor.DrainAgeMs = 5_000;
        _writer.CommitOne(_context.Batch(_logs[0], length: 400));
        _writer.Seal();
        Assert.Null(_compactor.Acquire().Job);

        _context.NowMs += 5_000;
        Assert.NotNull(_compactor.Acquire().Job);

        _writer.Open();
        _writer.CommitOne(_context.Batch(_logs[0], length: 2_000));
        _writer.Seal();
        Assert.NotNull(_compactor.Acquire().Job);
    }

    [Fact]
    public void A_segment_too_large_for_one_drain_is_drained_in_parts()
    {
        _compactor.DrainBytesTarget = 250;
        for (var i = 0; i < 5; i++)
        {
            _writer.CommitOne(_context.Batch(_logs[i % 3]));
        }

        _writer.Seal();
        var parts = new List<int>();
        while (_compactor.Acquire().Job is { Kind: JobKind.Drain } job)
        {
            parts.Add(job.Ranges.Count);
            _compactor.Drain(job);
            _compactor.Complete(job);
        }

        Assert.Equal([3, 2], parts);
    }

    [Fact]
    public void Two_compactors_are_never_given_the_same_segment()
    {
        _writer.CommitOne(_context.Batch(_logs[0]));
        _writer.Seal();
        var other = _context.NewCompactor("d");

        Assert.NotNull(_compactor.Acquire().Job);
        Assert.Null(other.Acquire().Job);
    }

    [Fact]
    public void A_job_whose_lease_ran_out_is_given_to_somebody_else()
    {
        _writer.CommitOne(_context.Batch(_logs[0]));
        _writer.Seal();
        var other = _context.NewCompactor("d");
        var job = _compactor.Acquire().Job;
        _context.NowMs += TestCompactor.JobLeaseMs;
        Assert.False(_compactor.Renew(job).Lost);
        _context.NowMs += TestCompactor.JobLeaseMs;
        KeepNodesAlive();
        _context.ExpireDeadlines();
        Assert.Null(other.Acquire().Job);

        _context.NowMs += 1;
        KeepNodesAlive();
        _context.ExpireDeadlines();

        Assert.True(_compactor.Renew(job).Lost);
        Assert.True(_compactor.Prepare(job).Lost);
        Assert.True(_compactor.Complete(job).Lost);
        Assert.NotNull(other.Acquire().Job);
    }

    [Fact]
    public void A_compactor_that_has_gone_loses_its_jobs_at_once()
    {
        _writer.CommitOne(_context.Batch(_logs[0]));
        _writer.Seal();
        var other = _context.NewCompactor("d");
        var job = _compactor.Acquire().Job;

        _context.NewCompactor("c", "p2");
        _context.ExpireDeadlines();

        Assert.True(_compactor.Acquire().Fenced);
        Assert.True(_compactor.Complete(job).Lost);
        Assert.NotNull(other.Acquire().Job);
    }

    [Fact]
    public void A_failed_job_is_offered_again_after_a_while()
    {
        _writer.CommitOne(_context.Batch(_logs[0]));
        _writer.Seal();
        _compactor.Complete(_compactor.Acquire().Job, failed: true);
        Assert.Null(_compactor.Acquire().Job);

        _context.NowMs += 5_000;

        Assert.NotNull(_compactor.Acquire().Job);
    }

    [Fact]
    public void What_nothing_names_is_deleted_after_the_read_grace_and_then_forgotten()
    {
        _writer.CommitOne(_context.Batch(_logs[0]));
        _writer.Seal();
        var drain = _compactor.Acquire().Job;
        _compactor.Drain(drain);
        _compactor.Complete(drain);
        _context.NowMs += StateContext.GraceMs - 1;
        Assert.Null(_compactor.Acquire().Job);

        _context.NowMs += 1;
        var delete = _compactor.Acquire().Job;
        _compactor.Complete(delete, deleted: delete.Containers);

        Assert.Equal(JobKind.Delete, delete.Kind);
        Assert.Equal([_writer.SegmentId], delete.Containers.Select(c => c.ContainerId));
        Assert.Null(_context.State.Containers.FindSegment(_writer.SegmentId));
    }

    [Fact]
    public void A_segment_without_a_commit_is_garbage_once_it_is_sealed()
    {
        _writer.Open();
        _context.NowMs += StateContext.GraceMs;
        Assert.Null(_compactor.Acquire().Job);

        _writer.Seal();
        _context.NowMs += StateContext.GraceMs;

        Assert.Equal(JobKind.Delete, _compactor.Acquire().Job.Kind);
    }

    [Fact]
    public void What_was_not_deleted_is_offered_again()
    {
        _writer.Open();
        _writer.Seal();
        _context.NowMs += StateContext.GraceMs;
        var delete = _compactor.Acquire().Job;

        _compactor.Complete(delete, deleted: [new ContainerLocation { Kind = ContainerKind.WalSegment, ContainerId = 99 }]);
        _context.NowMs += StateContext.GraceMs + 5_000;

        Assert.Equal([_writer.SegmentId], _compactor.Acquire().Job.Containers.Select(c => c.ContainerId));
    }

    [Fact]
    public void A_prepared_object_that_was_never_committed_is_deleted_in_the_end()
    {
        _writer.CommitOne(_context.Batch(_logs[0]));
        _writer.Seal();
        var job = _compactor.Acquire().Job;
        var prepared = _compactor.Prepare(job, ttlMs: 1_000);
        _compactor.Complete(job, failed: true);
        _context.NowMs += 1_001;
        _context.ExpireDeadlines();
        _context.NowMs += StateContext.GraceMs;

        var delete = _compactor.Acquire().Job;

        Assert.Equal(JobKind.Delete, delete.Kind);
        Assert.Equal(prepared.Key, Assert.Single(delete.Containers).Path);
    }

    [Fact]
    public void Deleting_a_topic_frees_its_segments()
    {
        _writer.CommitOne(_context.Batch(_logs[0]));
        _writer.Seal();
        _context.DeleteTopic("t");
        Assert.Null(_compactor.Acquire().Job);

        _context.Trim();
        _context.NowMs += StateContext.GraceMs;

        Assert.Equal(JobKind.Delete, _compactor.Acquire().Job.Kind);
    }

    private void KeepNodesAlive()
    {
        _context.Register(NodeKind.Compactor, "c");
        _context.Register(NodeKind.Compactor, "d");
        _context.Register(NodeKind.Writer, "a");
    }
}
