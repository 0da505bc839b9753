using Spillway.Metadata.Partitions;
using Spillway.Metadata.Segments;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Jobs;

/// <summary>
/// What one merge moves: a run of each of several logs, so that those that share objects are read and written together. Logs where nothing is to
/// be done leave the queue.
/// </summary>
internal sealed class MergePlan(ContainerTable containers, AcquireJob command)
{
    /// <summary>Logs, and entries of theirs, looked at for one job: what a command may take, a millisecond or two.</summary>
    private const int LogsMax = 1024;
    private const int EntriesMax = 65_536;

    private readonly List<(PartitionLog Log, MergeRun Run)> _runs = [];
    private int _rangeCount;
    private long _bytes;

    public bool IsEmpty => _runs.Count == 0;

    public IEnumerable<long> LogIds => _runs.Select(static run => run.Log.Id.Value);

    private bool IsFull => _bytes >= command.MergeBytesTarget || _rangeCount >= command.MergeRangesMax;

    /// <summary>Looks at the logs that were queued then or before.</summary>
    public void Look(long queuedBeforeMs)
    {
        var lookedAt = 0;
        foreach (var log in containers.Merges.OlderThan(queuedBeforeMs).Take(LogsMax).ToList())
        {
            if (IsFull || lookedAt >= EntriesMax)
            {
                return;
            }

            var entries = 0;
            if (log.Exists && MergeRuns.Find(log, containers, command.MergeBytesTarget, command.MergeEntriesMin, out entries) is { } run)
            {
                _runs.Add((log, run));
                _rangeCount += run.Count;
                _bytes += run.Bytes;
            }
            else
            {
                containers.Merges.Remove(log);
            }

            lookedAt += entries;
        }
    }

    /// <summary>The ranges by log, and the objects they lie in.</summary>
    public void WriteTo(Job job)
    {
        var objects = new SortedSet<long>();
        foreach (var (log, run) in _runs.OrderBy(static run => run.Log.Id.Value))
        {
            var cursor = run.First;
            for (var i = 0; i < run.Count; i++, cursor = log.Index.Next(cursor))
            {
                var entry = log.Index[cursor];
                objects.Add(entry.ContainerId);
                job.Ranges.Add(new DrainRange { LogId = log.Id.Value, Entry = entry.ToMessage(), RewriteVersion = log.RewriteVersion });
            }
        }

        job.Containers.AddRange(objects.Select(id => containers.FindObject(id)!.ToLocation()));
    }
}
