using Spillway.Metadata.Segments;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Jobs;

/// <summary>A job in somebody's hand. What it is about is leased with it; what a drain moves is planned anew each time.</summary>
internal sealed class LeasedJob(long jobId, JobKind kind, int compactorId, long compactorEpoch)
{
    public long JobId { get; } = jobId;

    public JobKind Kind { get; } = kind;

    public int CompactorId { get; } = compactorId;

    public long CompactorEpoch { get; } = compactorEpoch;

    public long LeaseExpiryMs { get; set; }

    public List<Container> Containers { get; } = [];

    /// <summary>The logs that a merge or a log compaction has in hand: no other one is about them.</summary>
    public List<long> LogIds { get; } = [];
}
