using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Jobs;

/// <summary>What the leader puts into job commands from its settings.</summary>
internal sealed record JobSettings(
    TimeSpan Lease,
    TimeSpan ReadGrace,
    long DrainBytesTarget,
    TimeSpan DrainAge,
    TimeSpan DrainZonePatience,
    int DrainRangesMax,
    long MergeBytesTarget,
    int MergeEntriesMin,
    TimeSpan MergeDelay,
    TimeSpan Retry,
    TimeSpan FailureBackoff,
    TimeSpan ScrubInterval,
    long ScrubBytesPerSecond)
{
    /// <summary>Containers that one job deletes: some seconds' work for an object store that throttles.</summary>
    private const int DeleteCountMax = 100;

    /// <summary>One scrub reads this much, or one object that is larger: what waits behind it waits for a second or two.</summary>
    private const long ScrubBytesMax = 64L << 20;
    private const int ScrubObjectsMax = 16;

    /// <summary>Most markers go with the data next to them; this is for the others, whose objects hold nothing else.</summary>
    private static readonly TimeSpan MarkerAge = TimeSpan.FromMinutes(10);

    public AcquireJob ToCommand(AcquireJobRequest request) => new()
    {
        Request = request,
        LeaseMs = (long)Lease.TotalMilliseconds,
        ReadGraceMs = (long)ReadGrace.TotalMilliseconds,
        DrainBytesTarget = DrainBytesTarget,
        DrainAgeMs = (long)DrainAge.TotalMilliseconds,
        DrainZonePatienceMs = (long)DrainZonePatience.TotalMilliseconds,
        DrainRangesMax = DrainRangesMax,
        DeleteCountMax = DeleteCountMax,
        MarkerAgeMs = (long)MarkerAge.TotalMilliseconds,
        MergeBytesTarget = MergeBytesTarget,
        MergeEntriesMin = MergeEntriesMin,
        MergeDelayMs = (long)MergeDelay.TotalMilliseconds,
        MergeRangesMax = DrainRangesMax,
        ScrubIntervalMs = (long)ScrubInterval.TotalMilliseconds,
        ScrubBytesPerSecond = ScrubBytesPerSecond,
        ScrubBytesMax = ScrubBytesMax,
        ScrubObjectsMax = ScrubObjectsMax,
    };
}
