using Spillway.Kafka;
using Spillway.Kafka.Records;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;
using Spillway.Storage.Objects.Format;
using Spillway.Storage.Wal;
using Spillway.Storage.Wal.Reading;

namespace Spillway.S3Compactor.Planning;

/// <summary>
/// What a drain job becomes: an object for each log with much in it, and mixed objects for the rest, none larger than the target unless
/// one range is. Pure.
/// </summary>
/// <param name="Objects">The objects to write, one after the other.</param>
/// <param name="SkippedCount">Ranges that cannot be moved by this build or whose segment the job does not locate.</param>
internal sealed record DrainPlan(IReadOnlyList<ObjectPlan> Objects, int SkippedCount)
{
    public static DrainPlan Create(Job job, long objectBytesTarget, long partitionObjectBytesMin)
    {
        var segments = job.Containers
            .Where(static c => c.Kind == ContainerKind.WalSegment)
            .ToDictionary(static c => c.ContainerId, ToName);
        var ranges = job.Ranges
            .Where(range => IsMovable(range, segments))
            .Select(range => ToSegmentRange(range, segments))
            .OrderBy(static r => r.LogId.Value).ThenBy(static r => r.BaseOffset)
            .ToList();
        List<ObjectPlan> objects = [];
        List<SegmentRange> mixed = [];
        foreach (var log in ranges.GroupBy(static r => r.LogId))
        {
            if (log.Sum(static r => (long)r.LengthBytes) >= partitionObjectBytesMin)
            {
                objects.AddRange(Split(ObjectKind.Partition, log, objectBytesTarget));
            }
            else
            {
                mixed.AddRange(log);
            }
        }

        objects.AddRange(Split(ObjectKind.Mixed, mixed, objectBytesTarget));
        return new DrainPlan(objects, job.Ranges.Count - ranges.Count);
    }

    private static WalSegmentName ToName(ContainerLocation segment) =>
        new(segment.ContainerId, segment.WriterId, new WalSegmentLocation(segment.Volume, segment.Path));

    private static bool IsMovable(DrainRange range, Dictionary<long, WalSegmentName> segments) =>
        range.Entry is { Kind: ContainerKind.Marker }
        || (range.Entry is { Kind: ContainerKind.WalSegment, Length: > 0 and <= int.MaxValue } entry
            && segments.ContainsKey(entry.ContainerId));

    private static SegmentRange ToSegmentRange(DrainRange range, Dictionary<long, WalSegmentName> segments) =>
        range.Entry.Kind == ContainerKind.Marker ? ToMarker(range) : ToWalRange(range, segments);

    /// <summary>The control batch goes to its place among the data: readers of the object find it there, and the index loses an entry.</summary>
    private static SegmentRange ToMarker(DrainRange range) => new(
        new LogId(range.LogId), range.Entry.BaseOffset, range.Entry.LastOffset, default, 0, ControlBatch.BatchBytes, range.RewriteVersion)
    {
        Marker = MarkerEntry.ToMarker(range.Entry),
    };

    private static SegmentRange ToWalRange(DrainRange range, Dictionary<long, WalSegmentName> segments) => new(
        new LogId(range.LogId),
        range.Entry.BaseOffset,
        range.Entry.LastOffset,
        segments[range.Entry.ContainerId],
        range.Entry.Position,
        (int)range.Entry.Length,
        range.RewriteVersion);

    private static IEnumerable<ObjectPlan> Split(ObjectKind kind, IEnumerable<SegmentRange> ranges, long objectBytesTarget)
    {
        List<SegmentRange> current = [];
        var bytes = 0L;
        foreach (var range in ranges)
        {
            if (current.Count > 0 && bytes + range.LengthBytes > objectBytesTarget)
            {
                yield return new ObjectPlan(kind, current);
                current = [];
                bytes = 0;
            }

            current.Add(range);
            bytes += range.LengthBytes;
        }

        if (current.Count > 0)
        {
            yield return new ObjectPlan(kind, current);
        }
    }
}
