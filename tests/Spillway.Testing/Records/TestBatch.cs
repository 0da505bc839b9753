using Spillway.Kafka.Records;

namespace Spillway.Testing.Records;

/// <summary>Record batches whose header is right and whose records are any bytes: what the data path looks at.</summary>
public static class TestBatch
{
    /// <summary>A batch of a number of records, its body filled from the random numbers.</summary>
    public static byte[] Create(
        Random random,
        int bodyBytes = 100,
        int recordCount = 1,
        long producerId = -1,
        short producerEpoch = -1,
        int baseSequence = -1,
        long maxTimestamp = 1_700_000_000_000,
        short attributes = 0)
    {
        var batch = new byte[RecordBatchLayout.HeaderBytes + bodyBytes];
        random.NextBytes(batch.AsSpan(RecordBatchLayout.HeaderBytes));
        new RecordBatchHeader
        {
            BaseOffset = 0,
            BatchLength = batch.Length - RecordBatchLayout.LogOverheadBytes,
            Magic = RecordBatchLayout.CurrentMagic,
            Attributes = attributes,
            LastOffsetDelta = recordCount - 1,
            BaseTimestamp = maxTimestamp,
            MaxTimestamp = maxTimestamp,
            ProducerId = producerId,
            ProducerEpoch = producerEpoch,
            BaseSequence = baseSequence,
            RecordCount = recordCount,
        }.Write(batch);
        RecordBatchBytes.SetCrc(batch);
        return batch;
    }
}
