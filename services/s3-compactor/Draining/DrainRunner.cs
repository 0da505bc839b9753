using Spillway.Rpc.Metadata;
using Spillway.S3Compactor.Planning;
using Spillway.S3Compactor.Sessions;
using Spillway.Storage.Faults;
using Spillway.Storage.Objects;
using Spillway.Storage.Objects.Format;

namespace Spillway.S3Compactor.Draining;

/// <summary>
/// Moves ranges of sealed segments into objects: read and verify → prepare → put → commit, one object after the other. After any step it may
/// end for good: before the commit the index names the WAL as ever, and what was prepared expires; the commit is one entry.
/// </summary>
internal sealed partial class DrainRunner(
    SegmentRangeReader reader,
    DrainTargets targets,
    IFailPoints failPoints,
    S3CompactorOptions options,
    S3CompactorMetrics metrics,
    ILogger<DrainRunner> logger) : IJobRunner
{
    public JobKind Kind => JobKind.Drain;

    public async Task<JobOutcome> RunAsync(CompactorIdentity identity, Job job, CancellationToken cancellationToken)
    {
        var plan = DrainPlan.Create(job, options.ObjectBytesTarget, options.PartitionObjectBytesMin);
        var isFailed = plan.SkippedCount > 0;
        try
        {
            foreach (var objectPlan in plan.Objects)
            {
                isFailed |= !await MoveAsync(identity, job.JobId, objectPlan, cancellationToken);
            }
        }
        catch (ObjectStoreException e)
        {
            // What was prepared expires and is collected, whether the put happened or not.
            Log.StoreFailed(logger, job.JobId, e.Message);
            return JobOutcome.Failed;
        }

        await failPoints.PassAsync(FailPoint.DrainFinished, cancellationToken);
        return isFailed ? JobOutcome.Failed : JobOutcome.Done;
    }

    /// <summary>Writes and commits one object; false where not all of the plan is settled.</summary>
    private async Task<bool> MoveAsync(
        CompactorIdentity identity, long jobId, ObjectPlan plan, CancellationToken cancellationToken)
    {
        var ranges = await reader.ReadAsync(plan, cancellationToken);
        try
        {
            await failPoints.PassAsync(FailPoint.RangesRead, cancellationToken);
            if (ranges.Count == 0)
            {
                return false;
            }

            var startTimestamp = targets.Time.GetTimestamp();
            var prepared = await targets.Metadata.PrepareAsync(identity, jobId, options.UploadTimeout, cancellationToken);
            await failPoints.PassAsync(FailPoint.ObjectPrepared, cancellationToken);
            if (prepared.Lost)
            {
                return false;
            }

            using var writer = new ObjectWriter(prepared.ObjectId, plan.Kind);
            var isWhole = Append(writer, ranges) && ranges.Count == plan.Ranges.Count;
            if (writer.Extents.Count == 0)
            {
                return false;
            }

            var payload = writer.Complete(targets.Buffers);
            var timeLeft = options.UploadTimeout - targets.Time.GetElapsedTime(startTimestamp);
            await targets.PutAsync(RequestCause.Drain, prepared.Key, payload, timeLeft, cancellationToken);
            await failPoints.PassAsync(FailPoint.ObjectStored, cancellationToken);
            var isCommitted = await CommitAsync(jobId, prepared, plan, writer, payload.LengthBytes, cancellationToken);
            await failPoints.PassAsync(FailPoint.ObjectCommitted, cancellationToken);
            return isWhole && isCommitted;
        }
        finally
        {
            foreach (var range in ranges)
            {
                range.Buffer.Release();
            }
        }
    }

    /// <summary>False where the index and the bytes disagree about some range; it stays where it is.</summary>
    private bool Append(ObjectWriter writer, IReadOnlyList<RangeBytes> ranges)
    {
        var isWhole = true;
        foreach (var (range, buffer, start) in ranges)
        {
            try
            {
                writer.Append(range.LogId, range.BaseOffset, range.LastOffset, buffer, start, range.LengthBytes);
            }
            catch (CorruptBatchException e)
            {
                isWhole = false;
                metrics.RangeUnreadable();
                Log.RangeDisagrees(logger, range.LogId.Value, range.BaseOffset, range.LastOffset, e.Message);
            }
        }

        return isWhole;
    }

    private async Task<bool> CommitAsync(
        long jobId,
        PrepareObjectReply prepared,
        ObjectPlan plan,
        ObjectWriter writer,
        long sizeBytes,
        CancellationToken cancellationToken)
    {
        var versions = plan.Ranges.GroupBy(static r => r.LogId).ToDictionary(static g => g.Key, static g => g.Min(r => r.RewriteVersion));
        if (await targets.CommitAsync(jobId, prepared.ObjectId, writer, sizeBytes, versions, cancellationToken) is not { } acceptedBytes)
        {
            Log.ObjectExpired(logger, prepared.Key);
            return false;
        }

        metrics.ObjectCommitted(sizeBytes, plan.Kind == ObjectKind.Mixed, acceptedBytes, writer.DataBytes - acceptedBytes);
        Log.ObjectCommitted(logger, prepared.Key, writer.Extents.Count, acceptedBytes, writer.DataBytes);
        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(1440, LogLevel.Warning, "Drain {JobId} is left to another try, the object store failed: {Reason}")]
        public static partial void StoreFailed(ILogger logger, long jobId, string reason);

        [LoggerMessage(1441, LogLevel.Error, "The bytes of log {LogId} are not its offsets {BaseOffset} to {LastOffset}; they stay in the WAL: {Reason}")]
        public static partial void RangeDisagrees(ILogger logger, long logId, long baseOffset, long lastOffset, string reason);

        [LoggerMessage(1442, LogLevel.Warning, "Object '{Key}' came too late: its time to be committed was over.")]
        public static partial void ObjectExpired(ILogger logger, string key);

        [LoggerMessage(1443, LogLevel.Debug, "Object '{Key}' with {RangeCount} ranges: {AcceptedBytes} of {DataBytes} bytes are now read from it.")]
        public static partial void ObjectCommitted(ILogger logger, string key, int rangeCount, long acceptedBytes, long dataBytes);
    }
}
