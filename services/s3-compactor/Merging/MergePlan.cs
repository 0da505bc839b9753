using Spillway.Kafka;
using Spillway.Rpc.Metadata;
using Spillway.Storage.Objects.Format;

namespace Spillway.S3Compactor.Merging;

/// <summary>
/// What a merge job becomes: an object for each log with much to move, and mixed objects for the others, none larger than the target unless one
/// range is, and the ranges of a log in one of them where they fit. Pure.
/// </summary>
/// <param name="Objects">The objects to write, one after the other.</param>
/// <param name="SkippedCount">Ranges that are not of an object that the job locates.</param>
internal sealed record MergePlan(IReadOnlyList<MergeObjectPlan> Objects, int SkippedCount)
{
    public static MergePlan Create(Job job, long objectBytesTarget, long partitionObjectBytesMin)
    {
        var keys = job.Containers.Where(static c => c.Kind == ContainerKind.Object).ToDictionary(static c => c.ContainerId, static c => c.Path);
        var ranges = job.Ranges
            .Where(range => range.Entry is { Kind: ContainerKind.Object, Length: > 0 and <= int.MaxValue } && keys.ContainsKey(range.Entry.ContainerId))
            .Select(range => ToRange(range, keys))
            .OrderBy(static r => r.LogId.Value).ThenBy(static r => r.BaseOffset)
            .ToList();
        List<MergeObjectPlan> objects = [];
        List<MergeRange> mixed = [];
        var mixedBytes = 0L;
        foreach (var log in ranges.GroupBy(static r => r.LogId))
        {
            var bytes = log.Sum(static r => (long)r.LengthBytes);
            if (bytes >= partitionObjectBytesMin || bytes > objectBytesTarget)
            {
                objects.AddRange(Split(log, objectBytesTarget));
                continue;
            }

            if (mixedBytes > 0 && mixedBytes + bytes > objectBytesTarget)
            {
                objects.Add(new MergeObjectPlan(ObjectKind.Mixed, mixed));
                (mixed, mixedBytes) = ([], 0);
            }

            mixed.AddRange(log);
            mixedBytes += bytes;
        }

        if (mixed.Count > 0)
        {
            objects.Add(new MergeObjectPlan(ObjectKind.Mixed, mixed));
        }

        return new MergePlan(objects, job.Ranges.Count - ranges.Count);
    }

    private static MergeRange ToRange(DrainRange range, Dictionary<long, string> keys) => new(
        new LogId(range.LogId),
        range.Entry.BaseOffset,
        range.Entry.LastOffset,
        keys[range.Entry.ContainerId],
        range.Entry.Position,
        (int)range.Entry.Length,
        range.RewriteVersion);

    private static IEnumerable<MergeObjectPlan> Split(IEnumerable<MergeRange> ranges, long objectBytesTarget)
    {
        List<MergeRange> current = [];
        var bytes = 0L;
        foreach (var range in ranges)
        {
            if (current.Count > 0 && bytes + range.LengthBytes > objectBytesTarget)
            {
                yield return new MergeObjectPlan(ObjectKind.Partition, current);
                (current, bytes) = ([], 0);
            }

            current.Add(range);
            bytes += range.LengthBytes;
        }

        yield return new MergeObjectPlan(ObjectKind.Partition, current);
    }
}
