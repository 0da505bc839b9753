using Spillway.Metadata.Log;
using Spillway.Metadata.LogCompaction;
using Spillway.Metadata.Objects;
using Spillway.Metadata.Partitions;
using Spillway.Metadata.Registrations;
using Spillway.Metadata.Scrubbing;
using Spillway.Metadata.Segments;
using Spillway.Metadata.Topics;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Jobs;

/// <summary>
/// Jobs are planned when somebody asks for one, from what the state shows then, and leased. A lease only saves double work:
/// two compactors with the same drain are kept apart by the rewrite versions, and what a DELETE names can never be referenced
/// again.
/// </summary>
internal sealed class JobTable(
    StateClock clock,
    NodeTable nodes,
    ContainerTable containers,
    TopicTable topics,
    ObjectCommits objects,
    LogCompactions compactions,
    Scrubs scrubs)
{
    /// <summary>The wait after many failures in a row, in waits after the first: a minute by default.</summary>
    private const int RetryBackoffsMax = 12;

    /// <summary>How long a log is left alone whose log compaction was not heard of again, the first time.</summary>
    private const long LostCompactionBackoffMs = 5_000;

    private readonly SortedDictionary<long, LeasedJob> _jobs = [];
    private readonly DrainPlanner _drains = new(topics, containers, nodes);

    public long LastJobId { get; set; }

    public IEnumerable<LeasedJob> All => _jobs.Values;

    public int CountOf(JobKind kind) => _jobs.Values.Count(job => job.Kind == kind);

    /// <summary>A guess without planning: whether asking now is worth a command.</summary>
    public bool MayHaveJob(AcquireJob command, long nowMs) =>
        (IsRun(command, JobKind.Delete) && Deletable(command, nowMs, 1).Any())
        || (IsRun(command, JobKind.Drain) && (_drains.IsDue(command, nowMs) || PlanMarkers(command, nowMs) is not null))
        || (IsRun(command, JobKind.Merge) && command.MergeBytesTarget > 0 && containers.Merges.IsDue(nowMs - command.MergeDelayMs))
        || (IsRun(command, JobKind.Compact) && compactions.Plan(command, nowMs) is not null)
        || (IsRun(command, JobKind.Scrub) && CountOf(JobKind.Scrub) == 0 && scrubs.IsDue(command, nowMs));

    public AcquireJobReply Acquire(AcquireJob command)
    {
        var request = command.Request;
        if (!nodes.IsCurrent(NodeKind.Compactor, request.CompactorId, request.CompactorEpoch))
        {
            return new AcquireJobReply { Fenced = true };
        }

        // The order is what is most urgent: garbage costs money, the WAL has a budget. What only rewrites objects comes behind, what only reads
        // them last.
        scrubs.Await(command);
        var job = IsRun(command, JobKind.Delete) ? PlanDelete(command) : null;
        job ??= IsRun(command, JobKind.Drain) ? PlanDrain(command) ?? DrainMarkers(command) : null;
        job ??= IsRun(command, JobKind.Merge) ? PlanMerge(command) : null;
        job ??= IsRun(command, JobKind.Compact) ? Compact(command) : null;
        job ??= IsRun(command, JobKind.Scrub) && CountOf(JobKind.Scrub) == 0 ? Scrub(command) : null;
        if (job is not null)
        {
            job.LeaseMs = command.LeaseMs;
        }

        return new AcquireJobReply { Job = job };
    }

    public RenewJobReply Renew(RenewJob command)
    {
        var request = command.Request;
        if (FindHeld(request.JobId, request.CompactorId, request.CompactorEpoch) is not { } job)
        {
            return new RenewJobReply { Lost = true };
        }

        job.LeaseExpiryMs = clock.NowMs + command.LeaseMs;
        return new RenewJobReply();
    }

    public CompleteJobReply Complete(CompleteJob command)
    {
        var request = command.Request;
        if (FindHeld(request.JobId, request.CompactorId, request.CompactorEpoch) is not { } job)
        {
            return new CompleteJobReply { Lost = true };
        }

        CountFailure(job, request.Failed);
        if (job.Kind == JobKind.Delete)
        {
            foreach (var deleted in request.Deleted)
            {
                if (job.Containers.Find(c => c.Kind == deleted.Kind && c.Id == deleted.ContainerId) is { } container)
                {
                    job.Containers.Remove(container);
                    containers.Forget(container);
                    scrubs.Forget(container);
                }
            }
        }

        if (job.Kind == JobKind.Compact)
        {
            compactions.End(job.LogIds[0], request.Cleaned, command.RetryAfterMs);
        }

        if (job.Kind == JobKind.Scrub)
        {
            scrubs.End(job.Containers, request.Scrubbed, command.RetryAfterMs);
        }

        End(job, request.Failed || job.Kind == JobKind.Delete ? clock.NowMs + command.RetryAfterMs : 0);
        return new CompleteJobReply();
    }

    public PrepareObjectReply PrepareObject(PrepareObjectRequest request, ReadOnlySpan<byte> clusterId) =>
        FindHeld(request.JobId, request.CompactorId, request.CompactorEpoch) is not { } job
            ? new PrepareObjectReply { Lost = true }
            : objects.Prepare(request, job.Kind, clusterId);

    public void ExpireLeases()
    {
        foreach (var job in _jobs.Values.Where(j => IsLost(j, clock.NowMs)).ToList())
        {
            if (job.Kind == JobKind.Compact)
            {
                compactions.End(job.LogIds[0], progress: null, LostCompactionBackoffMs);
            }
            else if (job.Kind == JobKind.Scrub)
            {
                scrubs.EndLost(job.Containers);
            }

            End(job, 0);
        }
    }

    /// <summary>Whoever had them is gone.</summary>
    public void EndAll()
    {
        foreach (var job in _jobs.Values.ToList())
        {
            End(job, 0);
        }
    }

    public bool AnyLeaseExpired(long nowMs) => _jobs.Values.Any(j => IsLost(j, nowMs));

    /// <summary>Who does what, and what waits.</summary>
    public ListJobsReply List(long nowMs)
    {
        var reply = new ListJobsReply
        {
            DrainableBytes = containers.DrainableBytes,
            DrainableSegments = containers.Drainable.Count(),
            GarbageCount = containers.GarbageCount,
            OldestGarbageMs = containers.OldestGarbageMs is > 0 and var oldestMs ? Math.Max(0, nowMs - oldestMs) : 0,
            LogsToMerge = containers.Merges.Count,
            Scrub = scrubs.Describe(nowMs),
        };
        reply.Jobs.AddRange(_jobs.Values.Select(job => new LeasedJobInfo
        {
            JobId = job.JobId,
            Kind = job.Kind,
            Holder = nodes.Find(NodeKind.Compactor, job.CompactorId)?.Registration.Name ?? "",
            CompactorId = job.CompactorId,
            CompactorEpoch = job.CompactorEpoch,
            LeaseLeftMs = Math.Max(0, job.LeaseExpiryMs - nowMs),
            FailureCount = FailureCountOf(job),
            LogIds = { job.LogIds },
            Containers = { job.Containers.Select(static container => container.ToLocation()) },
        }));
        return reply;
    }

    public void Add(LeasedJob job)
    {
        _jobs.Add(job.JobId, job);
        foreach (var container in job.Containers)
        {
            containers.Lease(container, job.JobId);
        }

        foreach (var logId in job.LogIds)
        {
            if (topics.FindLog(logId) is { } log)
            {
                containers.Merges.Lease(log, job.JobId);
            }
        }
    }

    /// <summary>During a rolling upgrade compactors differ in what they can do: none is given what it would only fail at.</summary>
    private static bool IsRun(AcquireJob command, JobKind kind) => command.Request.Kinds.Count == 0
        ? kind is JobKind.Drain or JobKind.Delete
        : command.Request.Kinds.Contains(kind);

    private Job? PlanDelete(AcquireJob command)
    {
        var due = Deletable(command, clock.NowMs, command.DeleteCountMax).ToList();
        return due.Count == 0 ? null : Lease(command, JobKind.Delete, due);
    }

    /// <summary>Readers are done with it, and no copy of the state that is kept for a restore names it.</summary>
    private IEnumerable<Container> Deletable(AcquireJob command, long nowMs, int countMax) => containers.Deletable(
        nowMs - command.ReadGraceMs,
        command.HasObjectsUnreferencedBeforeMs ? command.ObjectsUnreferencedBeforeMs : long.MaxValue,
        countMax);

    private Job? PlanDrain(AcquireJob command)
    {
        if (_drains.Plan(command, clock.NowMs) is not { } drain)
        {
            return null;
        }

        var job = Lease(command, JobKind.Drain, drain.Taken);
        drain.Plan.WriteTo(job);
        return job;
    }

    private Job? DrainMarkers(AcquireJob command)
    {
        if (PlanMarkers(command, clock.NowMs) is not { } plan)
        {
            return null;
        }

        var job = Lease(command, JobKind.Drain, []);
        plan.WriteTo(job);
        return job;
    }

    /// <summary>No container that a job could lease holds markers, so there is one such job at a time: it is the one without containers.</summary>
    private DrainPlan? PlanMarkers(AcquireJob command, long nowMs) =>
        _jobs.Values.Any(static job => job.Kind == JobKind.Drain && job.Containers.Count == 0) ? null : _drains.PlanMarkers(command, nowMs);

    private Job? PlanMerge(AcquireJob command)
    {
        if (command.MergeBytesTarget <= 0)
        {
            return null;
        }

        var plan = new MergePlan(containers, command);
        plan.Look(clock.NowMs - command.MergeDelayMs);
        if (plan.IsEmpty)
        {
            return null;
        }

        var job = Lease(command, JobKind.Merge, [], plan.LogIds);
        var message = new Job { JobId = job.JobId, Kind = job.Kind };
        plan.WriteTo(message);
        return message;
    }

    private Job? Compact(AcquireJob command)
    {
        if (compactions.Plan(command, clock.NowMs) is not { } message)
        {
            return null;
        }

        compactions.Begin(message.Cleaning);
        var job = Lease(command, JobKind.Compact, [], [message.Cleaning.LogId]);
        (message.JobId, message.Kind) = (job.JobId, job.Kind);
        return message;
    }

    private Job? Scrub(AcquireJob command)
    {
        var objects = scrubs.Take(command);
        if (objects.Count == 0)
        {
            return null;
        }

        var job = Lease(command, JobKind.Scrub, [.. objects]);
        job.Objects.AddRange(objects.Select(static o => new ObjectToScrub { ObjectId = o.Id, Key = o.Key, SizeBytes = o.SizeBytes }));
        return job;
    }

    private Job Lease(AcquireJob command, JobKind kind, List<Container> taken)
    {
        var job = Lease(command, kind, taken, []);
        return new Job { JobId = job.JobId, Kind = kind, Containers = { taken.Select(c => c.ToLocation()) } };
    }

    private LeasedJob Lease(AcquireJob command, JobKind kind, IEnumerable<Container> taken, IEnumerable<long> logIds)
    {
        var job = new LeasedJob(++LastJobId, kind, command.Request.CompactorId, command.Request.CompactorEpoch)
        {
            LeaseExpiryMs = clock.NowMs + command.LeaseMs,
        };
        job.Containers.AddRange(taken);
        job.LogIds.AddRange(logIds);
        Add(job);
        return job;
    }

    private void End(LeasedJob job, long afterMs)
    {
        _jobs.Remove(job.JobId);
        foreach (var container in job.Containers)
        {
            containers.Release(container, RetryAtMs(afterMs, container.FailureCount));
        }

        foreach (var logId in job.LogIds)
        {
            if (topics.FindLog(logId) is { } log)
            {
                containers.Merges.Release(log, RetryAtMs(afterMs, log.MergeFailureCount));
            }
        }
    }

    /// <summary>A lease that was lost says nothing: it may have been the compactor.</summary>
    private void CountFailure(LeasedJob job, bool isFailed)
    {
        // Log compaction and the scrub count their own.
        foreach (var container in job.Containers.Where(_ => job.Kind != JobKind.Scrub))
        {
            container.FailureCount = isFailed ? container.FailureCount + 1 : 0;
        }

        foreach (var log in job.LogIds.Where(_ => job.Kind == JobKind.Merge).Select(topics.FindLog).OfType<PartitionLog>())
        {
            log.MergeFailureCount = isFailed ? log.MergeFailureCount + 1 : 0;
        }
    }

    /// <summary>
    /// Each failure makes the wait twice as long, so that what fails for good takes little of compactors' time from others, up to a bound that a
    /// store that comes back is not kept waiting by.
    /// </summary>
    private long RetryAtMs(long afterMs, int failureCount)
    {
        var firstMs = Math.Max(0, afterMs - clock.NowMs);
        return failureCount == 0 ? afterMs : clock.NowMs + Math.Min(firstMs << Math.Min(failureCount - 1, 30), firstMs * RetryBackoffsMax);
    }

    private int FailureCountOf(LeasedJob job) => job.Kind == JobKind.Scrub ? scrubs.FailureCount : Math.Max(
        job.Containers.Select(static container => container.FailureCount).DefaultIfEmpty().Max(),
        job.LogIds.Select(topics.FindLog).OfType<PartitionLog>()
            .Select(log => job.Kind == JobKind.Compact ? log.Cleaning?.FailureCount ?? 0 : log.MergeFailureCount).DefaultIfEmpty().Max());

    private LeasedJob? FindHeld(long jobId, int compactorId, long compactorEpoch) =>
        _jobs.TryGetValue(jobId, out var job) && job.CompactorId == compactorId && job.CompactorEpoch == compactorEpoch
            ? job
            : null;

    private bool IsLost(LeasedJob job, long nowMs) =>
        job.LeaseExpiryMs < nowMs || !nodes.IsCurrent(NodeKind.Compactor, job.CompactorId, job.CompactorEpoch);
}
