using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;
using Xunit;

namespace Spillway.S3Compactor.Tests;

/// <summary>
/// Metadata in miniature: an index of logs, segments, objects, and leased jobs, with the rules of the contract and a clock of its own. A call
/// may lose its answer after it was applied. Thread-safe.
/// </summary>
internal sealed class MiniMetadata : IJobService, IRegistrationService
{
    public const long LeaseMs = 10_000;

    private readonly Lock _lock = new();
    private readonly SortedDictionary<long, ContainerLocation> _segments = [];
    private readonly SortedDictionary<long, MiniObject> _objects = [];
    private readonly Dictionary<long, MiniJob> _jobs = [];
    private readonly Dictionary<string, int> _lostAnswers = [];
    private long _lastObjectId;
    private long _lastJobId;

    public long NowMs { get; set; }

    /// <summary>Kept from being registered or asked, as when metadata is away.</summary>
    public bool IsAway { get; set; }

    /// <summary>Called inside a commit, before it is applied: what somebody else did in between.</summary>
    public Action? BeforeCommit { get; set; }

    public long Epoch { get; private set; }

    public Dictionary<long, MiniLog> Logs { get; } = [];

    public List<CompleteJobRequest> Completions { get; } = [];

    public int RenewCount { get; private set; }

    /// <summary>So many drained entries in a row are merged; 0: there are no merges.</summary>
    public int MergeEntriesMin { get; set; }

    /// <summary>The objects that a scrub owes; each leaves when it was read.</summary>
    public SortedSet<long> ToScrub { get; } = [];

    /// <summary>What scrubs found, by object; null: sound.</summary>
    public Dictionary<long, ScrubbedObject?> Scrubbed { get; } = [];

    /// <summary>Set for a build from before compactors said which kinds they run.</summary>
    public bool KnowsNoKinds { get; set; }

    public IReadOnlyCollection<long> SegmentIds => _segments.Keys;

    public IReadOnlyCollection<long> ObjectIds => _objects.Keys;

    /// <summary>All that metadata knows to exist, or that may.</summary>
    public IEnumerable<ContainerLocation> Containers => _segments.Values.Concat(_objects.Values.Select(o => o.Location));

    /// <summary>Lets the next answers of a call be lost.</summary>
    public void LoseAnswers(string call, int count = 1) => _lostAnswers[call] = count;

    public void AddSealedSegment(ContainerLocation segment) => _segments.Add(segment.ContainerId, segment);

    /// <summary>What a commit of a writer leaves in the index.</summary>
    public void Append(long logId, long lastOffset, long maxTimestamp, long segmentId, long position, long length)
    {
        var log = Logs.TryGetValue(logId, out var known) ? known : Logs[logId] = new MiniLog();
        log.Entries.Add(new MiniEntry(
            new IndexEntry
            {
                BaseOffset = log.NextOffset,
                LastOffset = lastOffset,
                MaxTimestamp = maxTimestamp,
                Kind = ContainerKind.WalSegment,
                ContainerId = segmentId,
                Position = position,
                Length = length,
            },
            0));
        log.NextOffset = lastOffset + 1;
    }

    /// <summary>What the end of a transaction leaves in the index.</summary>
    public IndexEntry AppendMarker(long logId, long producerId, bool commit)
    {
        var log = Logs.TryGetValue(logId, out var known) ? known : Logs[logId] = new MiniLog();
        var entry = new IndexEntry
        {
            BaseOffset = log.NextOffset,
            LastOffset = log.NextOffset,
            MaxTimestamp = 2000 + log.NextOffset,
            Kind = ContainerKind.Marker,
            Length = 78,
            ProducerId = producerId,
            ProducerEpoch = 4,
            Commit = commit,
            LogAppendTime = log.NextOffset % 2 == 0,
        };
        log.Entries.Add(new MiniEntry(entry, 0));
        log.NextOffset++;
        return entry;
    }

    /// <summary>Lets every lease and every prepare run out.</summary>
    public void PassMuchTime()
    {
        lock (_lock)
        {
            NowMs += 3_600_000;
        }
    }

    /// <summary>Lets every prepare run out, and no lease.</summary>
    public void ExpireUploads()
    {
        lock (_lock)
        {
            foreach (var data in _objects.Values.Where(static o => o.Accepted is null))
            {
                data.IsExpired = true;
            }
        }
    }

    public Task<AcquireJobReply> AcquireJobAsync(AcquireJobRequest request, CancellationToken cancellationToken) =>
        CallAsync("AcquireJob", () =>
        {
            Expire();
            if (request.CompactorEpoch != Epoch)
            {
                return new AcquireJobReply();
            }

            var leased = _jobs.Values.SelectMany(j => j.Containers).ToHashSet();
            var job = KnowsNoKinds || request.Kinds.Contains(JobKind.Delete) ? PlanDelete(leased) : null;
            job ??= KnowsNoKinds || request.Kinds.Contains(JobKind.Drain) ? PlanDrain(leased) : null;
            job ??= request.Kinds.Contains(JobKind.Merge) && MergeEntriesMin > 0 ? PlanMerge() : null;
            job ??= request.Kinds.Contains(JobKind.Scrub) ? PlanScrub(leased) : null;
            return new AcquireJobReply { Job = job };
        });

    public Task<ListJobsReply> ListJobsAsync(ListJobsRequest request, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Compactors do not ask for that.");

    public Task<RenewJobReply> RenewJobAsync(RenewJobRequest request, CancellationToken cancellationToken) =>
        CallAsync("RenewJob", () =>
        {
            Expire();
            RenewCount++;
            if (!Holds(request.JobId, request.CompactorEpoch))
            {
                return new RenewJobReply { Lost = true };
            }

            _jobs[request.JobId].ExpiryMs = NowMs + LeaseMs;
            return new RenewJobReply();
        });

    public Task<CompleteJobReply> CompleteJobAsync(CompleteJobRequest request, CancellationToken cancellationToken) =>
        CallAsync("CompleteJob", () =>
        {
            Expire();
            if (!Holds(request.JobId, request.CompactorEpoch))
            {
                return new CompleteJobReply { Lost = true };
            }

            Completions.Add(request);
            var job = _jobs[request.JobId];
            foreach (var deleted in request.Deleted.Where(d => job.Kind == JobKind.Delete && job.Containers.Contains((d.Kind, d.ContainerId))))
            {
                _ = deleted.Kind == ContainerKind.Object ? _objects.Remove(deleted.ContainerId) : _segments.Remove(deleted.ContainerId);
            }

            foreach (var scrubbed in request.Scrubbed)
            {
                Assert.True(ToScrub.Remove(scrubbed.ObjectId), "what is read was owed");
                Scrubbed[scrubbed.ObjectId] = scrubbed.Damage == ObjectDamageKind.Unspecified ? null : scrubbed;
            }

            _jobs.Remove(request.JobId);
            return new CompleteJobReply();
        });

    public Task<PrepareObjectReply> PrepareObjectAsync(PrepareObjectRequest request, CancellationToken cancellationToken) =>
        CallAsync("PrepareObject", () =>
        {
            Expire();
            if (!Holds(request.JobId, request.CompactorEpoch))
            {
                return new PrepareObjectReply { Lost = true };
            }

            var data = new MiniObject(++_lastObjectId, NowMs + request.TtlMs) { IsMerged = _jobs[request.JobId].Kind == JobKind.Merge };
            _objects.Add(data.Id, data);
            return new PrepareObjectReply { ObjectId = data.Id, Key = data.Location.Path };
        });

    public Task<CommitObjectReply> CommitObjectAsync(CommitObjectRequest request, CancellationToken cancellationToken)
    {
        var before = BeforeCommit;
        BeforeCommit = null;
        before?.Invoke();
        return CallAsync("CommitObject", () =>
        {
            Expire();
            if (!_objects.TryGetValue(request.ObjectId, out var data) || data.IsExpired)
            {
                return new CommitObjectReply { Expired = true };
            }

            data.SizeBytes = request.SizeBytes;
            data.Accepted ??= [.. request.Ranges.Select(range => TrySwap(data.Id, range))];
            return new CommitObjectReply { Accepted = { data.Accepted } };
        });
    }

    public Task<RegisterReply> RegisterAsync(RegisterRequest request, CancellationToken cancellationToken) =>
        CallAsync("Register", () => new RegisterReply { NodeId = 1, Epoch = ++Epoch, LeaseMs = LeaseMs });

    public Task<RenewReply> RenewAsync(RenewRequest request, CancellationToken cancellationToken) =>
        CallAsync("Renew", () => new RenewReply { Fenced = request.Epoch != Epoch, LeaseMs = LeaseMs });

    public Task<DeregisterReply> DeregisterAsync(DeregisterRequest request, CancellationToken cancellationToken) =>
        CallAsync("Deregister", () =>
        {
            Epoch++;
            return new DeregisterReply();
        });

    /// <summary>Somebody registered under the same name.</summary>
    public void Fence() => Epoch++;

    private Job? PlanDelete(HashSet<(ContainerKind, long)> leased)
    {
        var named = Named();
        var garbage = _segments.Values
            .Concat(_objects.Values.Where(o => o.Accepted is not null || o.IsExpired).Select(o => o.Location))
            .Where(c => !named.Contains((c.Kind, c.ContainerId)) && !leased.Contains((c.Kind, c.ContainerId)))
            .ToList();
        return garbage.Count == 0 ? null : Lease(JobKind.Delete, garbage);
    }

    private Job? PlanDrain(HashSet<(ContainerKind, long)> leased)
    {
        var ranges = Logs.OrderBy(l => l.Key).SelectMany(l => l.Value.Entries
            .Where(e => e.Entry.Kind == ContainerKind.Marker
                || (e.Entry.Kind == ContainerKind.WalSegment && _segments.ContainsKey(e.Entry.ContainerId)
                    && !leased.Contains((ContainerKind.WalSegment, e.Entry.ContainerId))))
            .Select(e => new DrainRange { LogId = l.Key, Entry = e.Entry, RewriteVersion = l.Value.RewriteVersion })).ToList();
        if (ranges.Count == 0)
        {
            return null;
        }

        var job = Lease(JobKind.Drain, [.. ranges.Where(r => r.Entry.Kind == ContainerKind.WalSegment)
            .Select(r => r.Entry.ContainerId).Distinct().Select(id => _segments[id])]);
        job.Ranges.AddRange(ranges);
        return job;
    }

    private Job? PlanMerge()
    {
        var leased = _jobs.Values.SelectMany(static job => job.LogIds).ToHashSet();
        List<DrainRange> ranges = [];
        foreach (var (logId, log) in Logs.Where(log => !leased.Contains(log.Key)).OrderBy(static log => log.Key))
        {
            var run = log.Entries.SkipWhile(e => !IsMergeable(e)).TakeWhile(IsMergeable).ToList();
            if (run.Count >= MergeEntriesMin)
            {
                ranges.AddRange(run.Select(e => new DrainRange { LogId = logId, Entry = e.Entry, RewriteVersion = log.RewriteVersion }));
            }
        }

        if (ranges.Count == 0)
        {
            return null;
        }

        var job = Lease(JobKind.Merge, []);
        _jobs[job.JobId].LogIds.UnionWith(ranges.Select(static range => range.LogId));
        job.Ranges.AddRange(ranges);
        job.Containers.AddRange(ranges.Select(static range => range.Entry.ContainerId).Distinct().Select(id => _objects[id].Location));
        return job;
    }

    private Job? PlanScrub(HashSet<(ContainerKind, long)> leased)
    {
        var objects = ToScrub.Where(id => _objects.ContainsKey(id) && !leased.Contains((ContainerKind.Object, id)))
            .Select(id => _objects[id]).ToList();
        if (objects.Count == 0)
        {
            return null;
        }

        var job = Lease(JobKind.Scrub, [.. objects.Select(static data => data.Location)]);
        job.Objects.AddRange(objects.Select(static data =>
            new ObjectToScrub { ObjectId = data.Id, Key = data.Location.Path, SizeBytes = data.SizeBytes }));
        return job;
    }

    private bool IsMergeable(MiniEntry entry) =>
        entry.Entry.Kind == ContainerKind.Object && !_objects[entry.Entry.ContainerId].IsMerged;

    private Job Lease(JobKind kind, List<ContainerLocation> containers)
    {
        var id = ++_lastJobId;
        _jobs.Add(id, new MiniJob(kind, Epoch, [.. containers.Select(c => (c.Kind, c.ContainerId))])
        {
            ExpiryMs = NowMs + LeaseMs,
        });
        return new Job { JobId = id, Kind = kind, LeaseMs = LeaseMs, Containers = { containers } };
    }

    private bool TrySwap(long objectId, ObjectRange range)
    {
        if (!Logs.TryGetValue(range.LogId, out var log))
        {
            return false;
        }

        var first = log.Entries.FindIndex(e => e.Entry.BaseOffset == range.BaseOffset);
        var last = log.Entries.FindIndex(e => e.Entry.LastOffset == range.LastOffset);
        if (first < 0 || last < first || log.Entries[first..(last + 1)].Exists(e => e.RewriteVersion > range.RewriteVersion))
        {
            return false;
        }

        log.RewriteVersion++;
        var entry = new IndexEntry
        {
            BaseOffset = range.BaseOffset,
            LastOffset = range.LastOffset,
            MaxTimestamp = range.MaxTimestamp,
            Kind = ContainerKind.Object,
            ContainerId = objectId,
            Position = range.Position,
            Length = range.Length,
        };
        log.Entries.RemoveRange(first, last - first + 1);
        log.Entries.Insert(first, new MiniEntry(entry, log.RewriteVersion));
        return true;
    }

    private HashSet<(ContainerKind, long)> Named() =>
        [.. Logs.Values.SelectMany(l => l.Entries).Where(e => e.Entry.Kind != ContainerKind.Marker)
            .Select(e => (e.Entry.Kind, e.Entry.ContainerId))];

    private void Expire()
    {
        foreach (var (id, _) in _jobs.Where(j => j.Value.ExpiryMs < NowMs || j.Value.Epoch != Epoch).ToList())
        {
            _jobs.Remove(id);
        }

        foreach (var data in _objects.Values.Where(o => o.Accepted is null && o.ExpiryMs < NowMs))
        {
            data.IsExpired = true;
        }
    }

    private bool Holds(long jobId, long epoch) => _jobs.TryGetValue(jobId, out var job) && job.Epoch == epoch;

    private Task<T> CallAsync<T>(string name, Func<T> call)
    {
        lock (_lock)
        {
            if (IsAway)
            {
                return Task.FromException<T>(new RpcException(RpcStatusCode.Unavailable, "scripted: metadata is away"));
            }

            var reply = call();
            if (_lostAnswers.GetValueOrDefault(name) > 0)
            {
                _lostAnswers[name]--;
                return Task.FromException<T>(new RpcException(RpcStatusCode.Unavailable, "scripted: the answer is lost"));
            }

            return Task.FromResult(reply);
        }
    }
}
