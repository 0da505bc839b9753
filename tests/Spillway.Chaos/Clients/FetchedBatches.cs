using System.Buffers;
using Spillway.History.Events;
using Spillway.Kafka;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Records;

namespace Spillway.Chaos.Clients;

/// <summary>
/// Reads what a fetch brought, as a consumer does: every batch's length and CRC are checked, records before the position and those of aborted
/// transactions are left out.
/// </summary>
internal static class FetchedBatches
{
    /// <param name="partition">Whose it is.</param>
    /// <param name="data">The answer.</param>
    /// <param name="position">The offset that was asked for.</param>
    /// <param name="observe">Shown each record; null for nobody.</param>
    public static FetchedPartition Read(
        TopicPartition partition, FetchResponse.PartitionData data, long position, RecordObserver? observe = null)
    {
        if (data.ErrorCode != 0)
        {
            return new FetchedPartition(partition, [], position, Error: ErrorCodes.KafkaName((ErrorCode)data.ErrorCode));
        }

        var bytes = data.Records is { } records ? records.ToArray() : [];
        List<RecordRun> runs = [];
        var next = position;
        var aborted = new AbortedProducers(data.AbortedTransactions);
        var batches = new RecordBatchEnumerator(bytes);
        while (batches.MoveNext())
        {
            if (!RecordBatchBytes.CrcIsValid(batches.CurrentBytes)
                || (!aborted.Takes(batches.Current, batches.CurrentBytes) && !TryReadRecords(batches.CurrentBytes, position, runs, observe)))
            {
                return new FetchedPartition(partition, runs, next, batches.Current.BaseOffset);
            }

            next = Math.Max(next, batches.Current.NextOffset);
        }

        // A last batch that the size limit cut short is no error; anything else is.
        var isCorrupt = batches.Error is not (RecordBatchError.None or RecordBatchError.Truncated);
        return new FetchedPartition(partition, runs, next, isCorrupt ? next : -1);
    }

    private static bool TryReadRecords(ReadOnlySpan<byte> batch, long position, List<RecordRun> runs, RecordObserver? observe)
    {
        if (OpenedRecordBatch.TryOpen(batch, out var opened) != RecordBatchError.None)
        {
            return false;
        }

        using (opened)
        {
            var records = opened.Records;
            while (records.TryRead(out var record))
            {
                if (record.Offset >= position)
                {
                    Append(runs, record.Offset, BatchMaker.NumberOf(record));
                    observe?.Invoke(record);
                }
            }

            return records.Error == RecordBatchError.None;
        }
    }

    private static void Append(List<RecordRun> runs, long offset, long value)
    {
        if (runs.Count > 0 && runs[^1] is var last && last.Offset + last.Count == offset && last.Value + last.Count == value)
        {
            runs[^1] = last with { Count = last.Count + 1 };
        }
        else
        {
            runs.Add(new RecordRun(offset, value, 1));
        }
    }
}
