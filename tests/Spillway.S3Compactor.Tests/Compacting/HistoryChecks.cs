using Xunit;

namespace Spillway.S3Compactor.Tests.Compacting;

/// <summary>What holds of a compacted log at any moment.</summary>
internal static class HistoryChecks
{
    /// <summary>What a reader from the log's start gets of a compacted log.</summary>
    /// <param name="log">The log as it is, and what was produced to it.</param>
    /// <param name="cleanableEnd">Below this something may have been cleaned.</param>
    /// <param name="firstSeenMs">When the first cleaning began that saw an offset.</param>
    /// <param name="deleteRetentionMs">How long tombstones stay after that.</param>
    public static ReadLog Check(LogHistory log, long cleanableEnd, Dictionary<long, long> firstSeenMs, long deleteRetentionMs)
    {
        var read = ReadLog.Of(log);

        // What is read was produced, at that offset and as it is.
        Assert.All(read.All, record => Assert.Equal(log.Records[record.Offset], record));
        var committed = read.Committed.Where(record => record.Offset < log.LastStableOffset).ToList();
        Assert.All(committed, record => Assert.Contains(record.Offset, log.Committed));
        Assert.Equal(LastValues(Produced(log).Where(record => record.Offset < log.LastStableOffset)), LastValues(committed));

        // What no cleaning has reached is whole.
        Assert.Equal(
            log.Records.Keys.Where(offset => offset >= Math.Max(cleanableEnd, log.LogStartOffset)),
            read.All.Select(static r => r.Offset).Where(offset => offset >= cleanableEnd));

        var there = read.All.Select(static r => r.Offset).ToHashSet();
        foreach (var last in Produced(log).Where(static r => r.Key is not null).GroupBy(static r => r.Key).Select(static g => g.Last()))
        {
            var mayBeGone = last.Value is null
                && firstSeenMs.TryGetValue(last.Offset, out var seenMs) && log.NowMs >= seenMs + deleteRetentionMs;
            Assert.True(mayBeGone || there.Contains(last.Offset), $"the last record of {last.Key}, at {last.Offset}, is gone");
        }

        // A producer's last sequence stays known.
        foreach (var (producerId, last) in log.Producers.Where(p => p.Value.BaseOffset >= log.LogStartOffset))
        {
            Assert.Contains(
                read.Batches, b => b.ProducerId == producerId && b.BaseOffset == last.BaseOffset && b.BaseSequence >= 0);
        }

        return read;
    }

    /// <summary>The last value of each key that has one.</summary>
    public static SortedDictionary<string, string> LastValues(IEnumerable<HistoryRecord> records)
    {
        SortedDictionary<string, string> values = new(StringComparer.Ordinal);
        foreach (var record in records.Where(static r => r.Key is not null))
        {
            values.Remove(record.Key!);
            if (record.Value is not null)
            {
                values.Add(record.Key!, record.Value);
            }
        }

        return values;
    }

    private static IEnumerable<HistoryRecord> Produced(LogHistory log) =>
        log.Records.Values.Where(record => record.Offset >= log.LogStartOffset && log.Committed.Contains(record.Offset));
}
