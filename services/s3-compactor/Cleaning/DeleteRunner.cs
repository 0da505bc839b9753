using Spillway.Rpc.Metadata;
using Spillway.S3Compactor.Planning;
using Spillway.S3Compactor.Sessions;
using Spillway.Storage.Faults;
using Spillway.Storage.Objects;

namespace Spillway.S3Compactor.Cleaning;

/// <summary>
/// Deletes what metadata says that nothing names any more, and reports what is certainly gone; what was not there counts, so a second run
/// after a crash ends the same. What failed stays on metadata's list.
/// </summary>
internal sealed partial class DeleteRunner(
    SegmentDeleter segments,
    IObjectStore store,
    IFailPoints failPoints,
    S3CompactorMetrics metrics,
    ILogger<DeleteRunner> logger) : IJobRunner
{
    public JobKind Kind => JobKind.Delete;

    public async Task<JobOutcome> RunAsync(CompactorIdentity identity, Job job, CancellationToken cancellationToken)
    {
        List<ContainerLocation> deleted = [];
        deleted.AddRange(await DeleteSegmentsAsync(job, cancellationToken));
        deleted.AddRange(await DeleteObjectsAsync(job, cancellationToken));
        return new JobOutcome(deleted.Count < job.Containers.Count, deleted);
    }

    private async Task<List<ContainerLocation>> DeleteSegmentsAsync(Job job, CancellationToken cancellationToken)
    {
        List<ContainerLocation> deleted = [];
        var wanted = job.Containers.Where(static c => c.Kind == ContainerKind.WalSegment).ToList();
        foreach (var segment in wanted)
        {
            if (await segments.TryDeleteAsync(new(segment.Volume, segment.Path), cancellationToken))
            {
                deleted.Add(segment);
            }
        }

        if (wanted.Count > 0)
        {
            metrics.SegmentsDeleted(deleted.Count, wanted.Count - deleted.Count);
            await failPoints.PassAsync(FailPoint.SegmentsUnlinked, cancellationToken);
        }

        return deleted;
    }

    private async Task<List<ContainerLocation>> DeleteObjectsAsync(Job job, CancellationToken cancellationToken)
    {
        var wanted = job.Containers.Where(static c => c.Kind == ContainerKind.Object).ToList();
        if (wanted.Count == 0)
        {
            return [];
        }

        List<ContainerLocation> deleted = [];
        try
        {
            var result = await store.For(RequestCause.Garbage).DeleteAsync([.. wanted.Select(static c => c.Path)], cancellationToken);
            var gone = result.Deleted.ToHashSet(StringComparer.Ordinal);
            deleted.AddRange(wanted.Where(c => gone.Contains(c.Path)));
            foreach (var failed in result.Failed)
            {
                Log.ObjectNotDeleted(logger, failed.Key, failed.Reason);
            }
        }
        catch (ObjectStoreException e)
        {
            Log.ObjectNotDeleted(logger, e.Key, e.Message);
        }

        metrics.ObjectsDeleted(deleted.Count, wanted.Count - deleted.Count);
        await failPoints.PassAsync(FailPoint.ObjectsDeleted, cancellationToken);
        return deleted;
    }

    private static partial class Log
    {
        [LoggerMessage(1450, LogLevel.Warning, "Object '{Key}' is not deleted yet: {Reason}")]
        public static partial void ObjectNotDeleted(ILogger logger, string key, string reason);
    }
}
