using Spillway.Rpc.Metadata;

namespace Spillway.S3Compactor.Tests;

/// <summary>A leased job of the miniature.</summary>
internal sealed class MiniJob(bool isDelete, long epoch, HashSet<(ContainerKind Kind, long Id)> containers)
{
    public bool IsDelete { get; } = isDelete;

    public long Epoch { get; } = epoch;

    public HashSet<(ContainerKind Kind, long Id)> Containers { get; } = containers;

    public long ExpiryMs { get; set; }
}
