using Spillway.Kafka;
using Spillway.Kafka.Records;
using Spillway.Storage.Wal.Reading;

namespace Spillway.S3Compactor.Planning;

/// <summary>A range of a log that is to be moved, and where it lies: in a segment, or, of a marker, nowhere.</summary>
/// <param name="LogId">The log.</param>
/// <param name="BaseOffset">Its first offset.</param>
/// <param name="LastOffset">Its last offset, inclusive.</param>
/// <param name="Segment">The segment; meaningless for a marker.</param>
/// <param name="Position">Where it begins in the segment, in bytes; meaningless for a marker.</param>
/// <param name="LengthBytes">Its length.</param>
/// <param name="RewriteVersion">The log's version at planning: the commit names it.</param>
internal sealed record SegmentRange(
    LogId LogId,
    long BaseOffset,
    long LastOffset,
    WalSegmentName Segment,
    long Position,
    int LengthBytes,
    long RewriteVersion)
{
    /// <summary>Set where the range is a transaction's end, whose bytes are made here; it takes one offset.</summary>
    public TransactionMarker? Marker { get; init; }
}
