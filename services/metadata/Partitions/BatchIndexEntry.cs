using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Partitions;

/// <summary>
/// Where consecutive batches of one partition lie. Never changes once it is visible: an entry grows only within the commit
/// that made it.
/// </summary>
/// <param name="BaseOffset">Offset of the first record.</param>
/// <param name="LastOffset">Offset of the last record, inclusive.</param>
/// <param name="MaxTimestamp">Greatest record timestamp, in ms.</param>
/// <param name="Kind">What holds the bytes.</param>
/// <param name="ContainerId">Segment id or object id.</param>
/// <param name="Position">First byte within the container.</param>
/// <param name="Length">In bytes.</param>
/// <param name="RewriteVersion">The log's rewrite version that made this entry; 0 when an append did.</param>
internal readonly record struct BatchIndexEntry(
    long BaseOffset,
    long LastOffset,
    long MaxTimestamp,
    ContainerKind Kind,
    long ContainerId,
    long Position,
    long Length,
    long RewriteVersion)
{
    public IndexEntry ToMessage() => new()
    {
        BaseOffset = BaseOffset,
        LastOffset = LastOffset,
        MaxTimestamp = MaxTimestamp,
        Kind = Kind,
        ContainerId = ContainerId,
        Position = Position,
        Length = Length,
    };
}
