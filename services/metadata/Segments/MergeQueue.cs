using Spillway.Metadata.Partitions;

namespace Spillway.Metadata.Segments;

/// <summary>
/// Logs whose index got entries of objects since merging last looked at them, by when that was. Each look is bounded, and a log without news
/// costs none.
/// </summary>
internal sealed class MergeQueue
{
    private readonly SortedDictionary<(long SinceMs, long LogId), PartitionLog> _queue = [];

    public int Count => _queue.Count;

    /// <summary>A log waits that was put here then or before.</summary>
    public bool IsDue(long timeMs) => OlderThan(timeMs).Any();

    /// <summary>Logs that were put here then or before, the oldest first.</summary>
    public IEnumerable<PartitionLog> OlderThan(long timeMs) =>
        _queue.TakeWhile(log => log.Key.SinceMs <= timeMs).Select(static log => log.Value);

    /// <summary>A log's index got an entry. One that a merge has in hand is looked at when that has ended.</summary>
    public void Note(PartitionLog log, long timeMs)
    {
        if (log.MergeSinceMs == 0 && log.MergeJobId == 0)
        {
            log.MergeSinceMs = Math.Max(timeMs, 1);
            _queue.Add((log.MergeSinceMs, log.Id.Value), log);
        }
    }

    /// <summary>There is nothing to do, or nobody to do it for.</summary>
    public void Remove(PartitionLog log)
    {
        _queue.Remove((log.MergeSinceMs, log.Id.Value));
        log.MergeSinceMs = 0;
    }

    public void Lease(PartitionLog log, long jobId)
    {
        Remove(log);
        log.MergeJobId = jobId;
    }

    /// <summary>A merge is done with it: there may be more to do, which is looked for at once or, after a failure, not before then.</summary>
    public void Release(PartitionLog log, long afterMs)
    {
        log.MergeJobId = 0;
        Note(log, afterMs);
    }
}
