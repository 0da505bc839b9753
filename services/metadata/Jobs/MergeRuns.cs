using Spillway.Metadata.Partitions;
using Spillway.Metadata.Segments;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Jobs;

/// <summary>
/// Which entries of a log are merged. A byte is written by a drain and then by one merge at most, never by a second one: that bounds the write
/// amplification by 2, and makes the rule one of when to merge. Small entries in a row are merged
/// <list type="bullet">
/// <item>when they have the bytes of a whole object;</item>
/// <item>when no more can join them, since an entry that is never merged lies behind;</item>
/// <item>when they are as many as the log has small merged ones (and a least number): the n-th group of a log with few bytes is then n
/// entries or more, so that n groups stand for n²/2 drained ones, and a log of n drained entries keeps about 2·√(2n).</item>
/// </list>
/// </summary>
internal static class MergeRuns
{
    /// <summary>From here on an entry is as it should be: merging it would cost more than a shorter index brings. Drains' own bound.</summary>
    public const long SmallBytes = 8L << 20;

    /// <summary>A run has no more entries than this.</summary>
    public const int RunEntriesMax = 4096;

    /// <summary>
    /// Entries looked at in one go. Only a log with something in its way, a range of the WAL that no drain can read, has more above
    /// <see cref="PartitionLog.MergeStartOffset"/> than a run; what lies further up waits until that is gone.
    /// </summary>
    private const int LookEntriesMax = 16_384;

    /// <summary>
    /// The first run that is worth it, and how many entries were looked at. Moves <see cref="PartitionLog.MergeStartOffset"/> over what will never
    /// be merged any more.
    /// </summary>
    public static MergeRun? Find(PartitionLog log, ContainerTable containers, long bytesTarget, int entriesMin, out int lookedAt)
    {
        var entriesWanted = Math.Clamp(log.SmallRewrittenEntries, entriesMin, RunEntriesMax);
        var run = default(MergeRun);
        var isSettled = true;
        var cursor = log.Index.Find(Math.Max(log.MergeStartOffset, log.LogStartOffset));
        for (lookedAt = 0; lookedAt < LookEntriesMax && !log.Index.IsEnd(cursor); lookedAt++, cursor = log.Index.Next(cursor))
        {
            ref readonly var entry = ref log.Index[cursor];
            if (IsMergeable(containers, entry))
            {
                if (run.Bytes + entry.Length > bytesTarget || run.Count == RunEntriesMax)
                {
                    return run;
                }

                run = run.Count == 0 ? new MergeRun(cursor, 1, entry.Length) : run with { Count = run.Count + 1, Bytes = run.Bytes + entry.Length };
                continue;
            }

            // What is not in an object yet will be, and may belong to the run then.
            var isClosed = entry.Kind == ContainerKind.Object;
            if (run.Count >= (isClosed ? 2 : entriesWanted))
            {
                return run;
            }

            isSettled &= isClosed;
            log.MergeStartOffset = isSettled ? entry.LastOffset + 1 : log.MergeStartOffset;
            run = default;
        }

        return run.Count >= entriesWanted ? run : null;
    }

    private static bool IsMergeable(ContainerTable containers, in BatchIndexEntry entry) =>
        entry.Kind == ContainerKind.Object && entry.Length < SmallBytes
        && containers.FindObject(entry.ContainerId) is { IsRewritten: false };
}
