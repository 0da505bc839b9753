using Spillway.Metadata.Log;
using Spillway.Metadata.Partitions;
using Spillway.Metadata.Topics;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Retention;

/// <summary>
/// <c>retention.ms</c> and <c>retention.bytes</c>, index entry by index entry where Kafka goes segment by segment. Only the log start moves; the
/// entries are trimmed afterwards, and what nothing names any more is garbage.
/// </summary>
internal sealed class RecordRetention(StateClock clock, TopicTable topics, AppliedChanges changes)
{
    public ExpiredRecords Expire(ExpireRecords command)
    {
        var left = command.EntriesMax;
        long offsets = 0;
        foreach (var retention in command.Logs)
        {
            if (topics.FindLog(retention.LogId) is not { } log)
            {
                continue;
            }

            var before = FindStart(log, retention, clock.NowMs, ref left);
            if (before > log.LogStartOffset)
            {
                offsets += before - log.LogStartOffset;
                log.LogStartOffset = before;
                topics.QueueForTrim(log);
                changes.Touch(log);
            }
        }

        return new ExpiredRecords(offsets, left > 0);
    }

    /// <summary>Whether there is something to take away; looks at one entry nearly always.</summary>
    public static bool IsExpirable(PartitionLog log, LogRetention retention, long nowMs)
    {
        var entries = 8;
        return FindStart(log, retention, nowMs, ref entries) > log.LogStartOffset || entries <= 0;
    }

    /// <summary>
    /// The log start that the retention wants. As in Kafka, the first that is to be kept ends it, whatever the timestamps behind; what has no
    /// timestamp goes with what follows it. Never past the last stable offset: an open transaction's records are not yet anything.
    /// </summary>
    private static long FindStart(PartitionLog log, LogRetention retention, long nowMs, ref int entriesLeft)
    {
        var start = log.LogStartOffset;
        var bytes = log.ByteSize;
        for (var cursor = new IndexCursor(0, 0); !log.Index.IsEnd(cursor) && entriesLeft > 0; cursor = log.Index.Next(cursor))
        {
            ref readonly var entry = ref log.Index[cursor];
            entriesLeft--;
            if (entry.LastOffset >= log.LastStableOffset)
            {
                break;
            }

            bytes -= entry.Length;
            if (entry.LastOffset < log.LogStartOffset)
            {
                continue; // gone already, and not yet trimmed
            }

            var isTooMuch = retention.RetentionBytes >= 0 && bytes >= retention.RetentionBytes;
            var isTooOld = retention.RetentionMs >= 0 && entry.MaxTimestamp >= 0
                && nowMs - entry.MaxTimestamp > retention.RetentionMs;
            if (isTooMuch || isTooOld)
            {
                start = entry.LastOffset + 1;
            }
            else if (retention.RetentionMs < 0 || entry.MaxTimestamp >= 0)
            {
                break;
            }
        }

        return start;
    }
}
