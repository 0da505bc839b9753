using Spillway.Metadata.Segments;
using Spillway.Metadata.Topics;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Jobs;

/// <summary>When a drain is due, and of which segments.</summary>
internal sealed class DrainPlanner(TopicTable topics, ContainerTable containers)
{
    /// <summary>A drain takes no more segments than this at once, however little is in each.</summary>
    private const int SegmentsMax = 256;

    /// <summary>Bounds of a drain of markers alone, which is looked for whenever a compactor asks.</summary>
    private const int MarkersMax = 1024;
    private const int MarkerLogsMax = 256;

    /// <summary>A guess without planning.</summary>
    public bool IsDue(AcquireJob command, long nowMs) =>
        containers.Drainable.FirstOrDefault() is { } oldest && oldest.DrainAfterMs <= nowMs
        && (containers.DrainableBytes >= command.DrainBytesTarget || oldest.SealedAtMs + command.DrainAgeMs <= nowMs);

    /// <summary>A drain of what waits longest, with the segments that it takes of; null where none is due.</summary>
    public (DrainPlan Plan, List<Container> Taken)? Plan(AcquireJob command, long nowMs)
    {
        if (!IsDue(command, nowMs))
        {
            return null;
        }

        var plan = new DrainPlan(topics, command.DrainBytesTarget, command.DrainRangesMax);
        var taken = new List<Container>();
        foreach (var segment in containers.Drainable.TakeWhile(s => s.DrainAfterMs <= nowMs).Take(SegmentsMax))
        {
            if (plan.IsFull)
            {
                break;
            }

            if (plan.Add(segment))
            {
                taken.Add(segment);
            }
        }

        return plan.IsEmpty ? null : (plan, taken);
    }

    /// <summary>Markers that are left over, old enough; null where there are none.</summary>
    public DrainPlan? PlanMarkers(AcquireJob command, long nowMs)
    {
        if (command.MarkerAgeMs <= 0)
        {
            return null;
        }

        var plan = new DrainPlan(topics, command.DrainBytesTarget, Math.Min(command.DrainRangesMax, MarkersMax));
        foreach (var logId in containers.Markers.OlderThan(nowMs - command.MarkerAgeMs).Take(MarkerLogsMax))
        {
            if (!plan.IsFull && topics.FindLog(logId) is { } log)
            {
                plan.AddLoneMarkers(log);
            }
        }

        return plan.IsEmpty ? null : plan;
    }
}
