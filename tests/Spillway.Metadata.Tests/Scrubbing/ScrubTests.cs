using Spillway.Metadata.Scrubbing;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.Scrubbing;

/// <summary>Which objects are scrubbed, when, and what the state remembers of what was found.</summary>
public sealed class ScrubTests
{
    private const long IntervalMs = 3_600_000;
    private const int ObjectBytes = 100;

    private readonly StateContext _context = new();
    private readonly TestWriter _writer;
    private readonly TestCompactor _compactor;
    private readonly long _log;

    public ScrubTests()
    {
        _writer = _context.NewWriter();
        _compactor = NewCompactor("c");
        _log = _context.CreateTopic()[0];
    }

    private ScrubInfo Info => _context.State.Jobs.List(_context.NowMs).Scrub;

    [Fact]
    public void The_first_pass_begins_an_interval_after_scrubs_were_wanted_and_the_next_one_an_interval_after_it_began()
    {
        AddObjects(1);
        Assert.Null(Acquire());
        Pass(IntervalMs - 1);
        Assert.Null(Acquire());

        Pass(1);
        var start = _context.NowMs;
        Finish(Acquire()!);
        Pass(1_000);
        Assert.Null(Acquire());
        Assert.Equal((0, start, start + 1_000), (Info.PassStartMs, Info.LastStartMs, Info.LastEndMs));

        Pass(IntervalMs - 1_001);
        Assert.Null(Acquire());
        Pass(1);
        Assert.NotNull(Acquire());
    }

    [Fact]
    public void Without_an_interval_and_for_compactors_without_a_runner_there_is_none()
    {
        AddObjects(1);
        Begin();
        _compactor.ScrubIntervalMs = 0;
        Assert.Null(Acquire());

        _compactor.ScrubIntervalMs = IntervalMs;
        _compactor.Kinds = [JobKind.Drain, JobKind.Merge];
        Assert.Null(_compactor.Acquire().Job);

        _compactor.Kinds = [];
        Assert.Equal(JobKind.Delete, _compactor.Acquire().Job.Kind);
        Assert.Null(_compactor.Acquire().Job);
        Assert.NotNull(Acquire());
    }

    [Fact]
    public void A_pass_goes_once_over_what_was_there_in_order_of_id_in_bounded_jobs_and_ends()
    {
        var ids = AddObjects(10);
        Begin();
        _compactor.ScrubObjectsMax = 4;
        _compactor.ScrubBytesMax = (ObjectBytes * 3) + 50;
        List<int> sizes = [];
        List<long> scrubbed = [];
        for (var round = 0; round < 100 && Acquire() is { } job; round++)
        {
            sizes.Add(job.Objects.Count);
            scrubbed.AddRange(job.Objects.Select(static o => o.ObjectId));
            Assert.All(job.Objects, static o => Assert.True(o.SizeBytes == ObjectBytes && o.Key.Length > 0));
            if (sizes.Count == 1)
            {
                AddObjects(1);
            }

            Finish(job);
        }

        // By bytes; what came meanwhile is the next pass's.
        Assert.Equal([3, 3, 3, 1], sizes);
        Assert.Equal(ids, scrubbed);
        Assert.Equal((10, 10, 10L * ObjectBytes, 10L * ObjectBytes), (Info.ObjectsTotal, Info.ObjectsDone, Info.BytesTotal, Info.BytesDone));
        Assert.NotEqual(0, Info.LastEndMs);

        Pass(IntervalMs);
        _compactor.ScrubBytesMax = 1_000_000;
        Assert.Equal(4, Acquire()!.Objects.Count);
    }

    [Fact]
    public void One_object_is_taken_however_large_it_is()
    {
        AddObjects(2);
        Begin();
        _compactor.ScrubBytesMax = 1;
        Assert.Single(Acquire()!.Objects);
    }

    [Fact]
    public void One_compactor_scrubs_at_a_time_and_everything_else_goes_before()
    {
        AddObjects(2);
        Begin();
        _compactor.ScrubObjectsMax = 1;
        var other = NewCompactor("d");
        _writer.CommitOne(_context.Batch(_log));
        _writer.Seal();
        _writer.SegmentId = 0;
        _compactor.Kinds = [JobKind.Drain, JobKind.Scrub];

        var drain = _compactor.Acquire().Job;
        Assert.Equal(JobKind.Drain, drain.Kind);
        _compactor.Drain(drain);
        _compactor.Complete(drain);
        var job = Acquire()!;
        Assert.Null(Acquire(other));
        Assert.False(MayHaveJob(other));
        Finish(job);

        Assert.True(MayHaveJob(other) && Acquire(other) is not null);
    }

    [Fact]
    public void The_next_job_waits_for_as_long_as_the_bytes_of_the_last_one_take_at_the_rate()
    {
        AddObjects(2);
        Begin();
        (_compactor.ScrubObjectsMax, _compactor.ScrubBytesPerSecond) = (1, 10);
        Finish(Acquire()!);

        Pass(9_999);
        Assert.False(MayHaveJob(_compactor));
        Assert.Null(Acquire());
        Pass(1);
        Assert.NotNull(Acquire());
    }

    [Fact]
    public void What_a_scrub_has_in_hand_is_not_deleted_and_goes_once_it_has_not()
    {
        AddObjects(1);
        Begin();
        var job = Acquire()!;
        _context.DeleteTopic("t");
        _context.Trim();
        Pass(StateContext.GraceMs * 2);
        Assert.DoesNotContain(Delete(), static c => c.Kind == ContainerKind.Object);

        _compactor.CompleteScrub(job, scrubbed: [.. job.Objects.Select(Damaged)]);
        Assert.Single(Info.Damaged);
        Pass(StateContext.GraceMs + 1);
        Assert.Equal(job.Objects[0].ObjectId, Assert.Single(Delete()).ContainerId);

        Assert.Empty(Info.Damaged);
        Assert.Equal(0, Info.DamagedCount);
    }

    [Fact]
    public void Objects_that_nothing_names_any_more_are_not_scrubbed()
    {
        AddObjects(3);
        Begin();
        _compactor.ScrubObjectsMax = 1;
        Finish(Acquire()!);
        _context.DeleteRecords(_log, 2);
        _context.Trim();

        var job = Acquire()!;
        Assert.Equal(3, job.Objects[0].ObjectId);
        Finish(job);
        Assert.Null(Acquire());
        Assert.Equal(0, Info.PassStartMs);
    }

    [Fact]
    public void Damage_is_told_until_a_later_pass_finds_the_object_sound_and_does_not_stop_the_pass()
    {
        AddObjects(3);
        Begin();
        _compactor.ScrubObjectsMax = 2;
        var job = Acquire()!;
        _compactor.CompleteScrub(job, scrubbed: [Sound(job.Objects[0]), Damaged(job.Objects[1])]);
        Finish(Acquire()!);
        Assert.Null(Acquire());

        var damaged = Assert.Single(Info.Damaged);
        Assert.Equal(
            (2, job.Objects[1].Key, ObjectDamageKind.DataBlock, 17, "bad"),
            (damaged.ObjectId, damaged.Key, damaged.Damage, damaged.Position, damaged.Reason));
        Assert.Equal(1, Info.DamagedCount);

        Pass(IntervalMs);
        Finish(Acquire()!);
        Assert.Empty(Info.Damaged);
    }

    [Fact]
    public void More_damaged_objects_than_are_listed_are_counted()
    {
        AddObjects(Scrubs.DamagedMax + 2);
        Begin();
        _compactor.ScrubObjectsMax = int.MaxValue;
        var job = Acquire()!;
        Assert.Equal(Scrubs.DamagedMax + 2, job.Objects.Count);
        _compactor.CompleteScrub(job, scrubbed: [.. job.Objects.Select(Damaged)]);

        Assert.Equal((Scrubs.DamagedMax, Scrubs.DamagedMax + 2), (Info.Damaged.Count, Info.DamagedCount));
        _context.Restore(_context.Snapshot());
        Assert.Equal((Scrubs.DamagedMax, Scrubs.DamagedMax + 2), (Info.Damaged.Count, Info.DamagedCount));
    }

    [Fact]
    public void A_failed_job_keeps_what_it_read_and_the_rest_is_tried_again_each_time_later()
    {
        AddObjects(3);
        Begin();
        var job = Acquire()!;
        _compactor.CompleteScrub(job, failed: true, Sound(job.Objects[0]));
        Assert.Equal(1, Info.ObjectsDone);
        var waitMs = 5_000;
        for (var i = 0; i < 3; i++)
        {
            Pass(waitMs - 1);
            Assert.Null(Acquire());
            Pass(1);
            job = Acquire()!;
            Assert.Equal([2, 3], job.Objects.Select(static o => o.ObjectId));
            _compactor.CompleteScrub(job, failed: true);
            waitMs = 5_000 << (i + 1);
        }

        Assert.Equal(4, Info.FailureCount);
        Pass(waitMs);
        Finish(Acquire()!);
        Assert.Equal((0, 3), (Info.FailureCount, Info.ObjectsDone));
    }

    [Fact]
    public void What_no_job_can_read_is_left_out_at_last_and_the_pass_comes_to_its_end()
    {
        AddObjects(2);
        Begin();
        for (var i = 0; i < Scrubs.FailuresMax; i++)
        {
            var job = Acquire()!;
            Assert.Equal(1, job.Objects[0].ObjectId);
            _compactor.CompleteScrub(job, failed: true);
            Pass(5_000L << i);
        }

        var rest = Acquire()!;
        Assert.Equal(2, Assert.Single(rest.Objects).ObjectId);
        Finish(rest);
        Assert.Null(Acquire());
        Assert.Equal((1, 1, 0), (Info.ObjectsUnread, Info.ObjectsDone, Info.Damaged.Count));
        Assert.NotEqual(0, Info.LastEndMs);
    }

    [Fact]
    public void A_job_whose_lease_ran_out_is_given_out_again_and_its_late_answer_changes_nothing()
    {
        AddObjects(2);
        Begin();
        var lost = Acquire()!;
        Pass(TestCompactor.JobLeaseMs + 1);
        _context.ExpireDeadlines();
        Assert.False(MayHaveJob(_compactor));
        Pass(4_999);
        Assert.False(MayHaveJob(_compactor));
        Pass(1);
        var other = NewCompactor("d");
        var again = Acquire(other)!;
        Assert.Equal(lost.Objects, again.Objects);

        Assert.True(_compactor.CompleteScrub(lost, scrubbed: [.. lost.Objects.Select(Damaged)]).Lost);
        Assert.Equal((0, 0), (Info.ObjectsDone, Info.Damaged.Count));
        other.CompleteScrub(again, scrubbed: [.. again.Objects.Select(Sound)]);
        Assert.Equal(2, Info.ObjectsDone);
    }

    [Fact]
    public void A_pass_goes_on_where_it_was_after_a_restart_and_the_snapshot_is_the_same()
    {
        var ids = AddObjects(4);
        Begin();
        _compactor.ScrubObjectsMax = 1;
        var first = Acquire()!;
        _compactor.CompleteScrub(first, scrubbed: [Damaged(first.Objects[0])]);
        var held = Acquire()!;
        var snapshot = _context.Snapshot();
        var before = Info;
        _context.Restore(snapshot);

        Assert.Equal(before, Info);
        Assert.Equal(snapshot, _context.Snapshot());
        Assert.Null(Acquire(NewCompactor("d")));
        Finish(held);
        List<long> rest = [];
        for (var round = 0; round < 100 && Acquire() is { } job; round++)
        {
            rest.AddRange(job.Objects.Select(static o => o.ObjectId));
            Finish(job);
        }

        Assert.Equal(ids[2..], rest);
        Assert.Single(Info.Damaged);
        Assert.NotEqual(0, Info.LastEndMs);
    }

    [Fact]
    public void A_state_that_knows_no_scrubs_is_written_as_before_there_were_any()
    {
        _compactor.ScrubIntervalMs = 0;
        AddObjects(1);
        var snapshot = _context.Snapshot();
        Assert.Null(_context.State.Scrubs.Stored);

        _context.Restore(snapshot);
        _compactor.ScrubIntervalMs = IntervalMs;
        Begin();
        Finish(Acquire()!);
        Assert.Null(Acquire());
        Assert.NotEqual(0, Info.LastEndMs);
    }

    private static ScrubbedObject Sound(ObjectToScrub read) => new() { ObjectId = read.ObjectId };

    private static ScrubbedObject Damaged(ObjectToScrub read) =>
        new() { ObjectId = read.ObjectId, Damage = ObjectDamageKind.DataBlock, Position = 17, Reason = "bad" };

    private TestCompactor NewCompactor(string name)
    {
        var compactor = _context.NewCompactor(name);
        compactor.Kinds = [JobKind.Drain, JobKind.Scrub];
        compactor.ScrubIntervalMs = IntervalMs;
        return compactor;
    }

    private long[] AddObjects(int count)
    {
        _compactor.Kinds = [JobKind.Drain];
        var ids = new long[count];
        for (var i = 0; i < count; i++)
        {
            _writer.Commit(_context.Batch(_log, length: ObjectBytes));
            _writer.Seal();
            _writer.SegmentId = 0;
            var job = _compactor.Acquire().Job;
            var prepared = _compactor.Prepare(job);
            _compactor.CommitSized(prepared.ObjectId, ObjectBytes, TestCompactor.Coalesce(job));
            _compactor.Complete(job);
            ids[i] = prepared.ObjectId;
        }

        return ids;
    }

    private void Begin()
    {
        Acquire();
        Pass(IntervalMs);
    }

    private Job? Acquire(TestCompactor? by = null)
    {
        by ??= _compactor;
        by.Kinds = [JobKind.Scrub];
        var job = by.Acquire().Job;
        Assert.True(job is null || job.Kind == JobKind.Scrub);
        return job;
    }

    private ContainerLocation[] Delete()
    {
        _compactor.Kinds = [JobKind.Delete];
        var job = _compactor.Acquire().Job;
        _compactor.Complete(job, deleted: job.Containers);
        return [.. job.Containers];
    }

    private void Finish(Job job) => Assert.False(_compactor.CompleteScrub(job, scrubbed: [.. job.Objects.Select(Sound)]).Lost);

    private void Pass(long ms) => _context.NowMs += ms;

    private bool MayHaveJob(TestCompactor by)
    {
        by.Kinds = [JobKind.Scrub];
        return _context.State.Jobs.MayHaveJob(by.ToCommand(), _context.NowMs);
    }
}
