using Spillway.Kafka.Records;
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
    // A marker has no container: its producer's id and what else it says are kept in the columns for one.
    private const long CommitBit = 1L << 16;
    private const long LogAppendTimeBit = 1L << 17;
    private const int CoordinatorEpochShift = 32;

    /// <summary>The end of a transaction: one offset, and no bytes anywhere.</summary>
    public static BatchIndexEntry Marker(
        long offset,
        long timeMs,
        TimestampType timeType,
        long producerId,
        short producerEpoch,
        bool commit,
        int coordinatorEpoch) => new(
        offset,
        offset,
        timeMs,
        ContainerKind.Marker,
        producerId,
        (ushort)producerEpoch
            | (commit ? CommitBit : 0)
            | (timeType == TimestampType.LogAppendTime ? LogAppendTimeBit : 0)
            | ((long)coordinatorEpoch << CoordinatorEpochShift),
        ControlBatch.BatchBytes,
        RewriteVersion: 0);

    public IndexEntry ToMessage() => Kind == ContainerKind.Marker ? ToMarkerMessage() : new IndexEntry
    {
        BaseOffset = BaseOffset,
        LastOffset = LastOffset,
        MaxTimestamp = MaxTimestamp,
        Kind = Kind,
        ContainerId = ContainerId,
        Position = Position,
        Length = Length,
    };

    private IndexEntry ToMarkerMessage() => new()
    {
        BaseOffset = BaseOffset,
        LastOffset = LastOffset,
        MaxTimestamp = MaxTimestamp,
        Kind = Kind,
        Length = Length,
        ProducerId = ContainerId,
        ProducerEpoch = (short)Position,
        Commit = (Position & CommitBit) != 0,
        CoordinatorEpoch = (int)(Position >> CoordinatorEpochShift),
        LogAppendTime = (Position & LogAppendTimeBit) != 0,
    };
}
