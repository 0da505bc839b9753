using Spillway.Rpc.Metadata;

namespace Spillway.S3Compactor.Tests;

/// <summary>An object as the miniature knows it: prepared, committed (with its answer) or expired.</summary>
internal sealed class MiniObject(long id, long expiryMs)
{
    public long Id { get; } = id;

    public long ExpiryMs { get; } = expiryMs;

    /// <summary>A merge wrote it, and no other will.</summary>
    public bool IsMerged { get; init; }

    /// <summary>As it was committed.</summary>
    public long SizeBytes { get; set; }

    public bool IsExpired { get; set; }

    public bool[]? Accepted { get; set; }

    public ContainerLocation Location => new() { Kind = ContainerKind.Object, ContainerId = Id, Path = $"{Id % 16:x}/object-{Id}" };
}
