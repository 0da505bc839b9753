using Spillway.Kafka.Records;
using Spillway.Storage.Wal;

namespace Spillway.Tool.Wal;

/// <summary>One entry of a block's directory, and what the first batch there says of itself. Offsets are the client's; metadata gives the true ones.</summary>
internal sealed record SegmentBatchReport(
    long LogId, int Position, int LengthBytes, int RecordCount, long ProducerId, int ProducerEpoch, int BaseSequence, long MaxTimestamp)
{
    public static SegmentBatchReport Of(WalDirectoryEntry entry, ReadOnlySpan<byte> bytes)
    {
        RecordBatchHeader.TryRead(bytes, out var header);
        return new SegmentBatchReport(
            entry.LogId.Value,
            entry.Position,
            entry.LengthBytes,
            header.RecordCount,
            header.ProducerId,
            header.ProducerEpoch,
            header.BaseSequence,
            header.MaxTimestamp);
    }
}
