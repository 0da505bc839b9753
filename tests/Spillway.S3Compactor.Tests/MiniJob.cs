using Spillway.Rpc.Metadata;

namespace Spillway.S3Compactor.Tests;

/// <summary>A leased job of the miniature.</summary>
internal sealed class MiniJob(JobKind kind, long epoch, HashSet<(ContainerKind Kind, long Id)> containers)
{
    public JobKind Kind { get; } = kind;

    public long Epoch { get; } = epoch;

    public HashSet<(ContainerKind Kind, long Id)> Containers { get; } = containers;

    /// <summary>The logs that a merge has in hand.</summary>
    public HashSet<long> LogIds { get; } = [];

    public long ExpiryMs { get; set; }
}
