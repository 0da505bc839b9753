using static Spillway.Kafka.Records.RecordBatchLayout;

namespace Spillway.Kafka.Records;

/// <summary>
/// Which records of a refused batch are at fault (KIP-467), so that a producer can leave them out and send the others. For batches that were
/// refused only: it opens them once more.
/// </summary>
public static class RecordFaults
{
    /// <summary>
    /// The places in the batch, from 0, of the records that <paramref name="error"/> is about; none where it is about the batch as a whole.
    /// </summary>
    /// <param name="batch">One batch, which <see cref="RecordBatchValidator"/> refused.</param>
    /// <param name="rules">The rules it was refused by.</param>
    /// <param name="nowMs">The time it was judged by, in ms since 1970.</param>
    /// <param name="error">What it was refused for.</param>
    public static IReadOnlyList<int> Find(ReadOnlySpan<byte> batch, in RecordBatchRules rules, long nowMs, RecordBatchError error)
    {
        if (error is not (RecordBatchError.MissingKey or RecordBatchError.TimestampOutOfRange)
            || OpenedRecordBatch.TryOpen(batch, out var opened, rules.DecompressedBytesMax) != RecordBatchError.None)
        {
            return [];
        }

        using (opened)
        {
            var faults = new List<int>();
            var reader = opened.Records;
            for (var index = 0; reader.TryRead(out var record); index++)
            {
                if (error == RecordBatchError.MissingKey ? !record.HasKey : !IsInRange(record.Timestamp, rules, nowMs))
                {
                    faults.Add(index);
                }
            }

            return faults;
        }
    }

    private static bool IsInRange(long timestamp, in RecordBatchRules rules, long nowMs) => timestamp == NoTimestamp
        || ((Int128)nowMs - timestamp <= rules.TimestampBeforeMaxMs && (Int128)timestamp - nowMs <= rules.TimestampAfterMaxMs);
}
