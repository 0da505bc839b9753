using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Tests;

/// <summary>A compactor as the state sees it.</summary>
internal sealed class TestCompactor(StateContext context, RegisterReply registration)
{
    public const long JobLeaseMs = 30_000;

    public int Id { get; } = registration.NodeId;

    public long Epoch { get; set; } = registration.Epoch;

    public long DrainBytesTarget { get; set; } = 1_000_000;

    public long DrainAgeMs { get; set; }

    /// <summary>0: whoever asks first.</summary>
    public long DrainZonePatienceMs { get; set; }

    /// <summary>0: markers go with data only.</summary>
    public long MarkerAgeMs { get; set; }

    /// <summary>Null: no copies are kept.</summary>
    public long? ObjectsUnreferencedBeforeMs { get; set; }

    /// <summary>What it says it runs; empty, as builds before that: drains and deletions.</summary>
    public JobKind[] Kinds { get; set; } = [];

    public int DrainRangesMax { get; set; } = 10_000;

    /// <summary>0: there are no merges.</summary>
    public long MergeBytesTarget { get; set; }

    public int MergeEntriesMin { get; set; } = 4;

    public long MergeDelayMs { get; set; }

    /// <summary>0: there are no scrubs.</summary>
    public long ScrubIntervalMs { get; set; }

    public long ScrubBytesPerSecond { get; set; }

    public long ScrubBytesMax { get; set; } = 1_000_000;

    public int ScrubObjectsMax { get; set; } = 16;

    /// <summary>What the leader found worth a log compaction.</summary>
    public List<LogToClean> LogsToClean { get; } = [];

    public AcquireJobReply Acquire() => context.Apply<AcquireJobReply>(new Command { AcquireJob = ToCommand() });

    public AcquireJob ToCommand()
    {
        var command = new AcquireJob
        {
            Request = new AcquireJobRequest { CompactorId = Id, CompactorEpoch = Epoch, Kinds = { Kinds } },
            LeaseMs = JobLeaseMs,
            ReadGraceMs = StateContext.GraceMs,
            DrainBytesTarget = DrainBytesTarget,
            DrainAgeMs = DrainAgeMs,
            DrainZonePatienceMs = DrainZonePatienceMs,
            DrainRangesMax = DrainRangesMax,
            DeleteCountMax = 100,
            MarkerAgeMs = MarkerAgeMs,
            MergeBytesTarget = MergeBytesTarget,
            MergeEntriesMin = MergeEntriesMin,
            MergeDelayMs = MergeDelayMs,
            MergeRangesMax = DrainRangesMax,
            LogsToClean = { LogsToClean },
            ScrubIntervalMs = ScrubIntervalMs,
            ScrubBytesPerSecond = ScrubBytesPerSecond,
            ScrubBytesMax = ScrubBytesMax,
            ScrubObjectsMax = ScrubObjectsMax,
        };
        if (ObjectsUnreferencedBeforeMs is { } beforeMs)
        {
            command.ObjectsUnreferencedBeforeMs = beforeMs;
        }

        return command;
    }

    public PrepareObjectReply Prepare(Job job, long ttlMs = 10_000) => context.Apply<PrepareObjectReply>(new Command
    {
        PrepareObject = new PrepareObjectRequest { JobId = job.JobId, CompactorId = Id, CompactorEpoch = Epoch, TtlMs = ttlMs },
    });

    public CommitObjectReply Commit(long objectId, params ObjectRange[] ranges) => CommitSized(objectId, 0, ranges);

    public CommitObjectReply CommitSized(long objectId, long sizeBytes, params ObjectRange[] ranges) => context.Apply<CommitObjectReply>(
        new Command { CommitObject = new CommitObjectRequest { ObjectId = objectId, SizeBytes = sizeBytes, Ranges = { ranges } } });

    /// <summary>Puts all the job's ranges into one object, contiguous ones of a log as one.</summary>
    public (CommitObjectReply Reply, long ObjectId) Drain(Job job)
    {
        var prepared = Prepare(job);
        Assert.False(prepared.Lost);
        return (Commit(prepared.ObjectId, Coalesce(job)), prepared.ObjectId);
    }

    public CompleteJobReply Complete(
        Job job, bool failed = false, IEnumerable<ContainerLocation>? deleted = null, CleaningProgress? cleaned = null) =>
        context.Apply<CompleteJobReply>(new Command
        {
            CompleteJob = new CompleteJob
            {
                Request = new CompleteJobRequest
                {
                    JobId = job.JobId,
                    CompactorId = Id,
                    CompactorEpoch = Epoch,
                    Failed = failed,
                    Deleted = { deleted ?? [] },
                    Cleaned = cleaned,
                },
                RetryAfterMs = 5_000,
            },
        });

    public CompleteJobReply CompleteScrub(Job job, bool failed = false, params ScrubbedObject[] scrubbed) =>
        context.Apply<CompleteJobReply>(new Command
        {
            CompleteJob = new CompleteJob
            {
                Request = new CompleteJobRequest
                {
                    JobId = job.JobId, CompactorId = Id, CompactorEpoch = Epoch, Failed = failed, Scrubbed = { scrubbed },
                },
                RetryAfterMs = 5_000,
            },
        });

    public RenewJobReply Renew(Job job) => context.Apply<RenewJobReply>(new Command
    {
        RenewJob = new RenewJob
        {
            Request = new RenewJobRequest { JobId = job.JobId, CompactorId = Id, CompactorEpoch = Epoch },
            LeaseMs = JobLeaseMs,
        },
    });

    public static ObjectRange[] Coalesce(Job job)
    {
        var ranges = new List<ObjectRange>();
        long position = 0;
        foreach (var range in job.Ranges)
        {
            if (ranges.Count > 0 && ranges[^1].LogId == range.LogId && ranges[^1].LastOffset + 1 == range.Entry.BaseOffset)
            {
                ranges[^1].LastOffset = range.Entry.LastOffset;
                ranges[^1].Length += range.Entry.Length;
            }
            else
            {
                ranges.Add(ToRange(range, position));
            }

            position += range.Entry.Length;
        }

        return [.. ranges];
    }

    public static ObjectRange ToRange(DrainRange range, long position = 0) => new()
    {
        LogId = range.LogId,
        BaseOffset = range.Entry.BaseOffset,
        LastOffset = range.Entry.LastOffset,
        MaxTimestamp = range.Entry.MaxTimestamp,
        Position = position,
        Length = range.Entry.Length,
        RewriteVersion = range.RewriteVersion,
    };
}
