namespace Spillway.Kafka.Records;

/// <summary>Finds a record by time inside one batch: the last step of ListOffsets by timestamp.</summary>
public static class TimestampLookup
{
    /// <summary>
    /// The first record of the batch at or after <paramref name="firstOffset"/> whose timestamp is at least
    /// <paramref name="timestampMs"/>; a result of no error and no position means that there is none.
    /// </summary>
    public static RecordBatchError Find(
        ReadOnlySpan<byte> batch, long timestampMs, long firstOffset, out TimestampedOffset? found)
    {
        found = null;
        var error = OpenedRecordBatch.TryOpen(batch, out var opened);
        if (error != RecordBatchError.None)
        {
            return error;
        }

        using (opened)
        {
            var records = opened.Records;
            while (records.TryRead(out var record))
            {
                if (record.Timestamp >= timestampMs && record.Offset >= firstOffset)
                {
                    found = new TimestampedOffset(record.Offset, record.Timestamp);
                    return RecordBatchError.None;
                }
            }

            return records.Error;
        }
    }
}
