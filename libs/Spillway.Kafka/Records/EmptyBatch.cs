using static Spillway.Kafka.Records.RecordBatchLayout;

namespace Spillway.Kafka.Records;

/// <summary>
/// A batch without records that covers a range of offsets. A consumer's position only moves past an offset that some
/// batch covers, so this is what stands where log compaction or an aborted transaction left nothing.
/// </summary>
public static class EmptyBatch
{
    /// <summary>Bytes of an empty batch: the header alone.</summary>
    public const int BatchBytes = HeaderBytes;

    /// <summary>Offsets that one empty batch can cover; the last offset delta is an int32.</summary>
    public const long OffsetsMax = int.MaxValue + 1L;

    /// <summary>Writes a cover of <paramref name="firstOffset"/> to <paramref name="lastOffset"/>, both included.</summary>
    public static void Write(Span<byte> batch, long firstOffset, long lastOffset, long timestamp = NoTimestamp)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(lastOffset, firstOffset);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(lastOffset - firstOffset, OffsetsMax);
        batch = batch[..BatchBytes];
        new RecordBatchHeader
        {
            BaseOffset = firstOffset,
            BatchLength = BatchLengthMin,
            Magic = CurrentMagic,
            LastOffsetDelta = (int)(lastOffset - firstOffset),
            BaseTimestamp = timestamp,
            MaxTimestamp = timestamp,
            ProducerId = NoProducerId,
            ProducerEpoch = NoProducerEpoch,
            BaseSequence = NoSequence,
        }.Write(batch);
        RecordBatchBytes.SetCrc(batch);
    }

    /// <summary>The cover as an array of its own.</summary>
    public static byte[] Build(long firstOffset, long lastOffset, long timestamp = NoTimestamp)
    {
        var batch = new byte[BatchBytes];
        Write(batch, firstOffset, lastOffset, timestamp);
        return batch;
    }

    /// <summary>
    /// What is left of a batch whose records are gone and whose producer's sequence must stay known: its header without records.
    /// </summary>
    public static byte[] BuildFrom(in RecordBatchHeader header)
    {
        var batch = new byte[BatchBytes];
        (header with
        {
            BatchLength = BatchLengthMin,
            Attributes = (short)(header.Attributes & ~(CompressionMask | DeleteHorizonMask)),
            BaseTimestamp = header.MaxTimestamp,
            RecordCount = 0,
        }).Write(batch);
        RecordBatchBytes.SetCrc(batch);
        return batch;
    }
}
