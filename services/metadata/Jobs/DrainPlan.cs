using Spillway.Metadata.Partitions;
using Spillway.Metadata.Segments;
using Spillway.Metadata.Topics;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Jobs;

/// <summary>
/// What one drain moves: entries of sealed segments, grouped by log and in offset order, up to a number of bytes and of
/// ranges. What does not fit is left for the next drain of the same segments.
/// </summary>
internal sealed class DrainPlan(TopicTable topics, long bytesTarget, int rangesMax)
{
    private readonly SortedDictionary<long, List<BatchIndexEntry>> _byLog = [];
    private int _rangeCount;

    public long Bytes { get; private set; }

    public bool IsFull => Bytes >= bytesTarget || _rangeCount >= rangesMax;

    public bool IsEmpty => _rangeCount == 0;

    /// <summary>Takes what fits of a segment; false when there was nothing that is worth moving.</summary>
    public bool Add(Segment segment)
    {
        var before = _rangeCount;
        foreach (var (logId, span) in segment.Spans.OrderBy(s => s.Key))
        {
            if (IsFull)
            {
                break;
            }

            if (topics.FindLog(logId) is { } log)
            {
                Add(segment, log, span);
            }
        }

        return _rangeCount > before;
    }

    public void WriteTo(Job job)
    {
        foreach (var (logId, entries) in _byLog)
        {
            entries.Sort((a, b) => a.BaseOffset.CompareTo(b.BaseOffset));
            var version = topics.FindLog(logId)!.RewriteVersion;
            foreach (var entry in entries)
            {
                job.Ranges.Add(new DrainRange { LogId = logId, Entry = entry.ToMessage(), RewriteVersion = version });
            }
        }
    }

    private void Add(Segment segment, PartitionLog log, (long First, long Last) span)
    {
        // Entries below the log start wait to be trimmed; moving them would be for nothing.
        var cursor = log.Index.Find(Math.Max(span.First, log.LogStartOffset));
        for (; !log.Index.IsEnd(cursor) && !IsFull; cursor = log.Index.Next(cursor))
        {
            ref readonly var entry = ref log.Index[cursor];
            if (entry.BaseOffset > span.Last)
            {
                return;
            }

            if (entry.Kind != ContainerKind.WalSegment || entry.ContainerId != segment.Id)
            {
                continue;
            }

            if (!_byLog.TryGetValue(log.Id.Value, out var entries))
            {
                _byLog.Add(log.Id.Value, entries = []);
            }

            entries.Add(entry);
            _rangeCount++;
            Bytes += entry.Length;
        }
    }
}
