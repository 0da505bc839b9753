using Spillway.Metadata.Partitions;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.LogCompaction;

/// <summary>
/// What of a log may be cleaned, and how much of that is dirty: Kafka's LogCleanerManager with index entries in the place of segments, and what is
/// in the WAL in the place of the active one.
/// </summary>
/// <param name="StartOffset">The dirty part begins here.</param>
/// <param name="EndOffset">It ends here: at the last stable offset, in the WAL, or where records are younger than the least lag.</param>
/// <param name="CleanBytes">Bytes before it.</param>
/// <param name="DirtyBytes">Its bytes.</param>
/// <param name="OldestMs">The oldest of the newest timestamps of its entries; <see cref="long.MaxValue"/> where there are none.</param>
internal readonly record struct CleanableRange(long StartOffset, long EndOffset, long CleanBytes, long DirtyBytes, long OldestMs)
{
    public double DirtyRatio => DirtyBytes == 0 ? 0 : (double)DirtyBytes / (CleanBytes + DirtyBytes);

    public static CleanableRange Of(PartitionLog log, LogToClean rules, long nowMs)
    {
        var start = Math.Max(log.Cleaning?.CleanedOffset ?? 0, log.LogStartOffset);
        var range = new CleanableRange(start, start, 0, 0, long.MaxValue);
        for (var cursor = log.Index.Find(log.LogStartOffset); !log.Index.IsEnd(cursor); cursor = log.Index.Next(cursor))
        {
            ref readonly var entry = ref log.Index[cursor];
            if (entry.Kind != ContainerKind.Object || entry.LastOffset >= log.LastStableOffset)
            {
                break;
            }

            if (entry.LastOffset < start)
            {
                range = range with { CleanBytes = range.CleanBytes + entry.Length };
                continue;
            }

            if (rules.MinLagMs > 0 && entry.MaxTimestamp > nowMs - rules.MinLagMs)
            {
                break;
            }

            range = range with
            {
                EndOffset = entry.LastOffset + 1,
                DirtyBytes = range.DirtyBytes + entry.Length,
                OldestMs = entry.MaxTimestamp >= 0 ? Math.Min(range.OldestMs, entry.MaxTimestamp) : range.OldestMs,
            };
        }

        return range;
    }

    /// <summary>Whether a pass is worth it: the dirty part is large enough, or has waited for long enough (KIP-354).</summary>
    public bool IsDue(LogToClean rules, long nowMs) => DirtyBytes > 0
        && (DirtyRatio > rules.MinRatio || (OldestMs < long.MaxValue && nowMs - OldestMs > rules.MaxLagMs));
}
