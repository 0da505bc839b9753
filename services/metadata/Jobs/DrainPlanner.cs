using Spillway.Metadata.Registrations;
using Spillway.Metadata.Segments;
using Spillway.Metadata.Topics;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Jobs;

/// <summary>When a drain is due, and of which segments.</summary>
internal sealed class DrainPlanner(TopicTable topics, ContainerTable containers, NodeTable nodes)
{
    /// <summary>A drain takes no more segments than this at once, however little is in each.</summary>
    private const int SegmentsMax = 256;

    /// <summary>
    /// A drain keeps to one zone's segments, but not below this part of its target: with 64 MiB that are 48 objects or fewer for each GiB.
    /// </summary>
    private const int OneZoneParts = 3;

    /// <summary>Bounds of a drain of markers alone, which is looked for whenever a compactor asks.</summary>
    private const int MarkersMax = 1024;
    private const int MarkerLogsMax = 256;

    /// <summary>A guess without planning.</summary>
    public bool IsDue(AcquireJob command, long nowMs) =>
        containers.Drainable.FirstOrDefault() is { } oldest && oldest.DrainAfterMs <= nowMs
        && IsDue(command, nowMs, new DrainZones(command, nowMs, nodes, containers));

    /// <summary>A drain of what waits longest, with the segments that it takes of; null where none is due.</summary>
    public (DrainPlan Plan, List<Container> Taken)? Plan(AcquireJob command, long nowMs)
    {
        var zones = new DrainZones(command, nowMs, nodes, containers);
        if (!IsDue(command, nowMs, zones))
        {
            return null;
        }

        var offered = Offered(nowMs).OrderBy(zones.RankOf).ThenBy(static s => s.Id).ToList();
        var zone = offered.Where(s => !zones.IsReserved(s)).Select(zones.HomeOf).FirstOrDefault(static home => home.Length > 0) ?? "";
        var plan = new DrainPlan(topics, command.DrainBytesTarget, command.DrainRangesMax);
        var taken = new List<Container>();
        foreach (var segment in offered.Where(IsOfZone).Take(SegmentsMax))
        {
            Take(segment);
        }

        // Others', reserved or not, or little in each of many zones would be an object each.
        var bytesMin = Math.Max(1, command.DrainBytesTarget / OneZoneParts);
        foreach (var segment in offered.Where(s => !IsOfZone(s)).Take(SegmentsMax - taken.Count).TakeWhile(_ => plan.Bytes < bytesMin))
        {
            Take(segment);
        }

        return plan.IsEmpty ? null : (plan, taken);

        bool IsOfZone(Segment segment) => zones.HomeOf(segment) is var home && (home.Length == 0 || home == zone);

        void Take(Segment segment)
        {
            if (!plan.IsFull && plan.Add(segment))
            {
                taken.Add(segment);
            }
        }
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

    private bool IsDue(AcquireJob command, long nowMs, DrainZones zones) =>
        Offered(nowMs).FirstOrDefault(segment => !zones.IsReserved(segment)) is { } oldest
        && (containers.DrainableBytes - zones.ReservedBytes >= command.DrainBytesTarget
            || oldest.SealedAtMs + command.DrainAgeMs <= nowMs);

    private IEnumerable<Segment> Offered(long nowMs) => containers.Drainable.TakeWhile(segment => segment.DrainAfterMs <= nowMs);
}
