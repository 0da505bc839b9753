using Spillway.Metadata.Partitions;

namespace Spillway.Metadata.Segments;

/// <summary>
/// Logs whose index holds markers, by the time of the first one. It follows from the index alone, so a restored state has the same.
/// </summary>
internal sealed class MarkerQueue
{
    private readonly SortedSet<(long SinceMs, long LogId)> _queue = [];
    private readonly Dictionary<long, long> _sinceMs = [];

    public int Count => _queue.Count;

    /// <summary>Logs with a marker that is as old or older, the oldest first.</summary>
    public IEnumerable<long> OlderThan(long timeMs) => _queue.TakeWhile(log => log.SinceMs <= timeMs).Select(static log => log.LogId);

    /// <summary>A marker was appended, or loaded in the order of the index.</summary>
    public void Note(PartitionLog log, in BatchIndexEntry marker)
    {
        if (_sinceMs.TryAdd(log.Id.Value, marker.MaxTimestamp))
        {
            _queue.Add((marker.MaxTimestamp, log.Id.Value));
        }
    }

    /// <summary>Entries were removed or replaced: another marker may be the first one, or there is none.</summary>
    public void Update(PartitionLog log)
    {
        if (!_sinceMs.Remove(log.Id.Value, out var sinceMs))
        {
            return;
        }

        _queue.Remove((sinceMs, log.Id.Value));
        var first = log.Index.FindMarker(default);
        if (!log.Index.IsEnd(first))
        {
            Note(log, log.Index[first]);
        }
    }
}
