using Spillway.Metadata.Segments;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Objects;

/// <summary>An object of the object store, known from before its PUT until after its deletion.</summary>
internal sealed class DataObject(long id, string key, long expiryMs) : Container(id)
{
    public string Key { get; } = key;

    /// <summary>A prepared object not committed by then never will be.</summary>
    public long ExpiryMs { get; } = expiryMs;

    public ObjectState State { get; set; }

    public long SizeBytes { get; set; }

    /// <summary>Written by another job than a drain: merging, which writes a byte once, leaves it as it is.</summary>
    public bool IsRewritten { get; init; }

    /// <summary>The answer to its commit, range by range; kept for retries.</summary>
    public bool[] Accepted { get; set; } = [];

    public override ContainerKind Kind => ContainerKind.Object;

    public override bool IsClosed => State != ObjectState.Prepared;

    public override ContainerLocation ToLocation() => new()
    {
        Kind = ContainerKind.Object,
        ContainerId = Id,
        Path = Key,
    };
}
