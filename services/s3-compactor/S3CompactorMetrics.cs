using System.Diagnostics;
using System.Diagnostics.Metrics;
using Spillway.Rpc.Metadata;

namespace Spillway.S3Compactor;

/// <summary>Every instrument of the compactor. What the object store is asked for has a meter of its own.</summary>
internal sealed class S3CompactorMetrics
{
    public const string MeterName = "Spillway.S3Compactor";

    private readonly Counter<long> _jobs;
    private readonly Histogram<double> _jobDuration;
    private readonly Counter<long> _metadataRetries;
    private readonly Counter<long> _readBytes;
    private readonly Counter<long> _memoryBytes;
    private readonly Counter<long> _memoryMisses;
    private readonly Counter<long> _drainedBytes;
    private readonly Counter<long> _mergedBytes;
    private readonly Counter<long> _refusedBytes;
    private readonly Counter<long> _unreadableRanges;
    private readonly Histogram<long> _objectBytes;
    private readonly Counter<long> _segmentsDeleted;
    private readonly Counter<long> _objectsDeleted;
    private readonly Counter<long> _deletionsFailed;
    private readonly Counter<long> _cleanedBytes;
    private readonly Counter<long> _cleanedLeftBytes;
    private readonly Counter<long> _scrubbedBytes;
    private readonly Counter<long> _damagedObjects;

    public S3CompactorMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _jobs = meter.CreateCounter<long>("spillway.compactor.jobs", "{job}", "Jobs by kind and outcome.");
        _jobDuration = meter.CreateHistogram<double>("spillway.compactor.job.duration", "s", "From lease to completion.");
        _metadataRetries = meter.CreateCounter<long>("spillway.compactor.metadata.retries", "{call}", "Calls of metadata tried again.");
        _readBytes = meter.CreateCounter<long>("spillway.compactor.wal.read", "By", "Bytes read from WAL volumes, gaps included.");
        _memoryBytes = meter.CreateCounter<long>(
            "spillway.compactor.wal.memory", "By", "Bytes read from the memory of writers instead, gaps included.");
        _memoryMisses = meter.CreateCounter<long>(
            "spillway.compactor.wal.memory.misses",
            "{range}",
            "Ranges that writers of the zone were asked for and the volume was read for, by reason: gone (no more in memory), failed, not_intact.");
        _drainedBytes = meter.CreateCounter<long>("spillway.compactor.drained", "By", "Record bytes that the index now names in objects.");
        _mergedBytes = meter.CreateCounter<long>(
            "spillway.compactor.merged", "By", "Record bytes that the index named in small objects and now names in larger ones.");
        _refusedBytes = meter.CreateCounter<long>("spillway.compactor.refused", "By", "Record bytes stored for ranges that a commit refused.");
        _unreadableRanges = meter.CreateCounter<long>(
            "spillway.compactor.ranges.unreadable", "{range}", "Ranges that the index names and a volume did not give intact.");
        _objectBytes = meter.CreateHistogram<long>("spillway.compactor.object.size", "By", "Size of an object stored, by kind.");
        _segmentsDeleted = meter.CreateCounter<long>("spillway.compactor.segments.deleted", "{segment}", "WAL segments unlinked.");
        _objectsDeleted = meter.CreateCounter<long>("spillway.compactor.objects.deleted", "{object}", "Objects deleted.");
        _deletionsFailed = meter.CreateCounter<long>("spillway.compactor.deletions.failed", "{container}", "Deletions that are owed another try.");
        _cleanedBytes = meter.CreateCounter<long>("spillway.compactor.cleaned", "By", "Record bytes that log compaction went over.");
        _cleanedLeftBytes = meter.CreateCounter<long>("spillway.compactor.cleaned.left", "By", "Record bytes that it left of those.");
        _scrubbedBytes = meter.CreateCounter<long>("spillway.compactor.scrubbed", "By", "Bytes of objects that were read whole and held to their checksums.");
        _damagedObjects = meter.CreateCounter<long>(
            "spillway.compactor.scrub.damaged", "{object}", "Objects found damaged, each once in a pass.");
    }

    public void JobEnded(JobKind kind, string outcome, TimeSpan duration)
    {
        var kindName = kind switch
        {
            JobKind.Drain => "drain",
            JobKind.Delete => "delete",
            JobKind.Merge => "merge",
            JobKind.Compact => "compact",
            JobKind.Scrub => "scrub",
            _ => "unknown",
        };
        _jobs.Add(1, new TagList { { "kind", kindName }, { "outcome", outcome } });
        _jobDuration.Record(duration.TotalSeconds, new TagList { { "kind", kindName } });
    }

    public void MetadataCallRetried() => _metadataRetries.Add(1);

    public void VolumeRead(long bytes) => _readBytes.Add(bytes);

    public void MemoryRead(long bytes) => _memoryBytes.Add(bytes);

    public void MemoryMissed(string reason) => _memoryMisses.Add(1, new TagList { { "reason", reason } });

    public void RangeUnreadable() => _unreadableRanges.Add(1);

    public void ObjectCommitted(long objectBytes, bool isMixed, long acceptedBytes, long refusedBytes)
    {
        ObjectStored(objectBytes, isMixed, refusedBytes);
        _drainedBytes.Add(acceptedBytes);
    }

    public void MergedObjectCommitted(long objectBytes, bool isMixed, long acceptedBytes, long refusedBytes)
    {
        ObjectStored(objectBytes, isMixed, refusedBytes);
        _mergedBytes.Add(acceptedBytes);
    }

    public void CleanedObjectCommitted(long objectBytes, long refusedBytes) => ObjectStored(objectBytes, isMixed: false, refusedBytes);

    public void LogCleaned(long readBytes, long leftBytes)
    {
        _cleanedBytes.Add(readBytes);
        _cleanedLeftBytes.Add(leftBytes);
    }

    public void ObjectScrubbed(long bytes, bool isDamaged)
    {
        _scrubbedBytes.Add(bytes);
        _damagedObjects.Add(isDamaged ? 1 : 0);
    }

    public void SegmentsDeleted(int count, int failedCount) => Deleted(_segmentsDeleted, count, failedCount);

    public void ObjectsDeleted(int count, int failedCount) => Deleted(_objectsDeleted, count, failedCount);

    private void ObjectStored(long objectBytes, bool isMixed, long refusedBytes)
    {
        _objectBytes.Record(objectBytes, new TagList { { "kind", isMixed ? "mixed" : "partition" } });
        _refusedBytes.Add(refusedBytes);
    }

    private void Deleted(Counter<long> counter, int count, int failedCount)
    {
        counter.Add(count);
        _deletionsFailed.Add(failedCount);
    }
}
