using Spillway.Kafka.Records;
using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>An index entry of kind <see cref="ContainerKind.Marker"/>, as what its control batch is made from.</summary>
public static class MarkerEntry
{
    /// <summary>
    /// What the control batch says, wherever it is made: for a reader from the index, or for an object that a compactor writes.
    /// </summary>
    public static TransactionMarker ToMarker(IndexEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return new TransactionMarker
        {
            Type = entry.Commit ? ControlRecordType.Commit : ControlRecordType.Abort,
            Offset = entry.BaseOffset,
            Timestamp = entry.MaxTimestamp,
            TimestampType = entry.LogAppendTime ? TimestampType.LogAppendTime : TimestampType.CreateTime,
            ProducerId = entry.ProducerId,
            ProducerEpoch = (short)entry.ProducerEpoch,
            CoordinatorEpoch = entry.CoordinatorEpoch,
        };
    }
}
