using Spillway.Metadata.Partitions;
using Spillway.Metadata.Segments;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.LogCompaction;

/// <summary>What one job of log compaction is told: which entries to learn keys from, which to clean by them, and what it goes by.</summary>
internal sealed class CleaningPlan(ContainerTable containers)
{
    /// <summary>Entries in a job, of each part.</summary>
    public const int EntriesMax = 4096;

    /// <summary>Bytes to learn from. The more a pass learns, the fewer passes go over the whole log; memory for keys bounds it first, mostly.</summary>
    public const long LearnBytesMax = 2L << 30;

    /// <summary>Bytes cleaned by one job: other jobs wait for it.</summary>
    public const long CleanBytesMax = 512L << 20;

    private const int AbortedMax = 100_000;

    /// <summary>A job for the rest of the pass under way, or for a new one; null where there is nothing to do.</summary>
    public Job? Create(PartitionLog log, LogToClean rules, long nowMs)
    {
        var state = log.Cleaning ?? new CleaningState();
        var range = CleanableRange.Of(log, rules, nowMs);
        var isUnderWay = state.PassEnd > range.StartOffset;
        if (!isUnderWay && !range.IsDue(rules, nowMs))
        {
            return null;
        }

        var cleaning = new LogCleaning
        {
            LogId = log.Id.Value,
            CleanedOffset = range.StartOffset,
            PassEnd = isUnderWay ? state.PassEnd : range.EndOffset,
            NextOffset = isUnderWay ? Math.Max(state.NextOffset, log.LogStartOffset) : log.LogStartOffset,
            NowMs = nowMs,
            DeleteRetentionMs = rules.DeleteRetentionMs,
            KeyBytesMax = rules.KeyBytesMax,
            BytesPerSecond = rules.BytesPerSecond,
        };
        cleaning.SeesLogStart = cleaning.NextOffset == log.LogStartOffset;
        var job = new Job { Cleaning = cleaning };
        var entries = new SortedDictionary<long, BatchIndexEntry>();
        cleaning.PassEnd = Math.Min(cleaning.PassEnd, Take(log, cleaning.CleanedOffset, cleaning.PassEnd, LearnBytesMax, entries));
        NameAborted(log, cleaning);
        cleaning.CleanEnd = Take(log, cleaning.NextOffset, cleaning.PassEnd, CleanBytesMax, entries);
        NameProducers(log, cleaning);
        AddTo(job, log, entries.Values);
        return job;
    }

    /// <summary>Takes entries from one offset towards another, up to a number and a sum of bytes; returns the offset after the last.</summary>
    private static long Take(
        PartitionLog log, long fromOffset, long endOffset, long bytesMax, SortedDictionary<long, BatchIndexEntry> entries)
    {
        var (bytes, count, reached) = (0L, 0, fromOffset);
        for (var cursor = log.Index.Find(fromOffset); !log.Index.IsEnd(cursor); cursor = log.Index.Next(cursor))
        {
            ref readonly var entry = ref log.Index[cursor];
            if (entry.Kind != ContainerKind.Object || entry.BaseOffset >= endOffset || count == EntriesMax || (count > 0 && bytes >= bytesMax))
            {
                break;
            }

            entries[entry.BaseOffset] = entry;
            (bytes, count, reached) = (bytes + entry.Length, count + 1, entry.LastOffset + 1);
        }

        return reached;
    }

    /// <summary>
    /// Where there are too many, the pass ends where all are known, unless that is nowhere: then they are named all the same, or the log would
    /// never be cleaned. Aborted data below the dirty part has gone.
    /// </summary>
    private static void NameAborted(PartitionLog log, LogCleaning cleaning)
    {
        List<AbortedRange> aborted = [];
        if (log.Aborted.Find(cleaning.CleanedOffset, cleaning.PassEnd, AbortedMax, aborted))
        {
            if (aborted[^1].LastStableOffset > cleaning.CleanedOffset)
            {
                cleaning.PassEnd = Math.Min(cleaning.PassEnd, aborted[^1].LastStableOffset);
            }
            else
            {
                aborted.Clear();
                log.Aborted.Find(cleaning.CleanedOffset, cleaning.PassEnd, int.MaxValue, aborted);
            }
        }

        foreach (var range in aborted)
        {
            cleaning.Aborted.Add(new AbortedTransaction
            {
                ProducerId = range.ProducerId, FirstOffset = range.FirstOffset, LastOffset = range.LastOffset,
            });
        }
    }

    private static void NameProducers(PartitionLog log, LogCleaning cleaning)
    {
        foreach (var (producerId, producer) in log.Producers.InOrder)
        {
            var baseOffset = producer.BatchCount > 0 ? producer.Last.BaseOffset : -1;
            if (baseOffset < cleaning.PassEnd)
            {
                cleaning.LastBatches.Add(new LastBatch
                {
                    ProducerId = producerId, ProducerEpoch = producer.ProducerEpoch, BaseOffset = baseOffset,
                });
            }
        }
    }

    private void AddTo(Job job, PartitionLog log, IEnumerable<BatchIndexEntry> entries)
    {
        var told = new HashSet<long>();
        foreach (var entry in entries)
        {
            job.Ranges.Add(new DrainRange { LogId = log.Id.Value, Entry = entry.ToMessage(), RewriteVersion = log.RewriteVersion });
            if (told.Add(entry.ContainerId))
            {
                job.Containers.Add(containers.FindObject(entry.ContainerId)!.ToLocation());
            }
        }
    }
}
