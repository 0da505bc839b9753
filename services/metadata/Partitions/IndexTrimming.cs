using Spillway.Metadata.Segments;
using Spillway.Metadata.Topics;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Partitions;

/// <summary>
/// Removes index entries that nobody can ask for any more: below a log start, and of deleted topics. Bounded per command, so
/// that deleting much never stalls commits.
/// </summary>
internal sealed class IndexTrimming(TopicTable topics, ContainerTable containers)
{
    /// <summary>Removes at most so many entries (an emptied partition counts for one).</summary>
    public void Trim(int entriesMax)
    {
        var left = entriesMax;
        while (left > 0 && topics.NextTrimmable() is { } log)
        {
            while (left > 0 && log.Index.Count > 0 && (!log.Exists || log.HasTrimmable))
            {
                RemoveFirst(log);
                left--;
            }

            if (log.Exists)
            {
                if (!log.HasTrimmable)
                {
                    topics.Trimmed(log);
                }
            }
            else if (log.Index.Count == 0)
            {
                containers.Merges.Remove(log);
                topics.RemoveLast(log.Topic);
                left--;
            }
        }
    }

    private void RemoveFirst(PartitionLog log)
    {
        var entry = log.Index.First;
        log.Index.RemoveFirst();
        log.Aborted.RemoveThrough(entry.LastOffset);
        containers.Dereference(log, entry);
        if (entry.Kind == ContainerKind.Marker)
        {
            containers.Markers.Update(log);
        }

    }
}
