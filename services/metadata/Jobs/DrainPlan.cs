using Spillway.Metadata.Partitions;
using Spillway.Metadata.Segments;
using Spillway.Metadata.Topics;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Jobs;

/// <summary>
/// What one drain moves: entries of sealed segments, with the markers next to them, grouped by log and in offset order, up to a number of
/// bytes and of ranges. What does not fit is left for the next drain of the same segments.
/// </summary>
internal sealed class DrainPlan(TopicTable topics, long bytesTarget, int rangesMax)
{
    private readonly SortedDictionary<long, SortedDictionary<long, BatchIndexEntry>> _byLog = [];
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

    /// <summary>Takes the runs of a log's markers that no drain will take, because no entry next to them is in the WAL.</summary>
    public void AddLoneMarkers(PartitionLog log)
    {
        var cursor = log.Index.FindMarker(log.Index.Find(log.LogStartOffset));
        while (!log.Index.IsEnd(cursor) && !IsFull)
        {
            var first = cursor;
            while (!log.Index.IsEnd(cursor) && log.Index[cursor].Kind == ContainerKind.Marker)
            {
                cursor = log.Index.Next(cursor);
            }

            if (!IsWal(log, cursor) && !IsWal(log, Before(log, log.Index[first].BaseOffset)))
            {
                TakeMarkers(log, first);
            }

            cursor = log.Index.FindMarker(cursor);
        }
    }

    public void WriteTo(Job job)
    {
        foreach (var (logId, entries) in _byLog)
        {
            var version = topics.FindLog(logId)!.RewriteVersion;
            foreach (var entry in entries.Values)
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

            TakeMarkersBefore(log, entry.BaseOffset);
            Take(log, entry);
            TakeMarkers(log, log.Index.Next(cursor));
        }
    }

    /// <summary>
    /// Markers go with the entry before them, or two drains would both move them, and of the second one all that is strung to them would be
    /// refused. Those whose entry has gone to an object already go with the one behind.
    /// </summary>
    private void TakeMarkersBefore(PartitionLog log, long offset)
    {
        var first = Before(log, offset);
        if (log.Index.IsEnd(first) || log.Index[first].Kind != ContainerKind.Marker)
        {
            return;
        }

        while (!log.Index.IsEnd(first) && log.Index[first].Kind == ContainerKind.Marker && log.Index[first].LastOffset >= log.LogStartOffset)
        {
            offset = log.Index[first].BaseOffset;
            first = Before(log, offset);
        }

        if (!IsWal(log, first))
        {
            TakeMarkers(log, log.Index.Find(offset));
        }
    }

    /// <summary>However many bytes there are: markers have next to none, and left behind they would be lone ones.</summary>
    private void TakeMarkers(PartitionLog log, IndexCursor cursor)
    {
        for (; _rangeCount < rangesMax && !log.Index.IsEnd(cursor) && log.Index[cursor].Kind == ContainerKind.Marker; cursor = log.Index.Next(cursor))
        {
            Take(log, log.Index[cursor]);
        }
    }

    private void Take(PartitionLog log, in BatchIndexEntry entry)
    {
        if (!_byLog.TryGetValue(log.Id.Value, out var entries))
        {
            _byLog.Add(log.Id.Value, entries = []);
        }

        if (entries.TryAdd(entry.BaseOffset, entry))
        {
            _rangeCount++;
            Bytes += entry.Length;
        }
    }

    /// <summary>The entry before the one that begins at the offset, or the end.</summary>
    private static IndexCursor Before(PartitionLog log, long offset) =>
        offset <= log.Index.First.BaseOffset ? log.Index.Find(long.MaxValue) : log.Index.Find(offset - 1);

    private static bool IsWal(PartitionLog log, IndexCursor cursor) =>
        !log.Index.IsEnd(cursor) && log.Index[cursor].Kind == ContainerKind.WalSegment;
}
