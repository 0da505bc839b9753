using Spillway.Rpc.Metadata;
using Spillway.S3Compactor.Draining;
using Spillway.S3Compactor.Planning;
using Spillway.S3Compactor.Sessions;
using Spillway.Storage.Faults;
using Spillway.Storage.Objects;
using Spillway.Storage.Objects.Format;

namespace Spillway.S3Compactor.Merging;

/// <summary>
/// Makes one entry of many: read → verify → prepare → put → commit, one object after the other. After any step it may end for good: before the
/// commit the index names the sources as ever, and what was prepared expires; the commit is one entry of metadata's log.
/// </summary>
internal sealed partial class MergeRunner(
    SourceReader reader,
    DrainTargets targets,
    IFailPoints failPoints,
    S3CompactorOptions options,
    S3CompactorMetrics metrics,
    ILogger<MergeRunner> logger) : IJobRunner
{
    public JobKind Kind => JobKind.Merge;

    public async Task<JobOutcome> RunAsync(CompactorIdentity identity, Job job, CancellationToken cancellationToken)
    {
        var plan = MergePlan.Create(job, options.ObjectBytesTarget, options.PartitionObjectBytesMin);
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

        await failPoints.PassAsync(FailPoint.MergeFinished, cancellationToken);
        return isFailed ? JobOutcome.Failed : JobOutcome.Done;
    }

    /// <summary>Writes and commits one object; false where not all of the plan is settled.</summary>
    private async Task<bool> MoveAsync(
        CompactorIdentity identity, long jobId, MergeObjectPlan plan, CancellationToken cancellationToken)
    {
        var ranges = await reader.ReadAsync(plan.Ranges, cancellationToken);
        try
        {
            await failPoints.PassAsync(FailPoint.MergeRangesRead, cancellationToken);
            if (ranges.Count == 0)
            {
                return false;
            }

            var startTimestamp = targets.Time.GetTimestamp();
            var prepared = await targets.Metadata.PrepareAsync(identity, jobId, options.UploadTimeout, cancellationToken);
            await failPoints.PassAsync(FailPoint.MergeObjectPrepared, cancellationToken);
            if (prepared.Lost)
            {
                return false;
            }

            using var writer = new ObjectWriter(prepared.ObjectId, plan.Kind);
            var isWhole = await AppendAsync(writer, ranges, cancellationToken) && ranges.Count == plan.Ranges.Count;
            if (writer.Extents.Count == 0)
            {
                return false;
            }

            var payload = writer.Complete(targets.Buffers);
            var timeLeft = options.UploadTimeout - targets.Time.GetElapsedTime(startTimestamp);
            await targets.PutAsync(RequestCause.Merge, prepared.Key, payload, timeLeft, cancellationToken);
            await failPoints.PassAsync(FailPoint.MergeObjectStored, cancellationToken);
            var isCommitted = await CommitAsync(jobId, prepared, plan, writer, payload.LengthBytes, cancellationToken);
            await failPoints.PassAsync(FailPoint.MergeObjectCommitted, cancellationToken);
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

    /// <summary>False where some range is damaged: it stays where it is, and those before and behind it become entries of their own.</summary>
    private async Task<bool> AppendAsync(ObjectWriter writer, IReadOnlyList<MergeBytes> ranges, CancellationToken cancellationToken)
    {
        var isWhole = true;
        foreach (var range in ranges)
        {
            isWhole &= TryAppend(writer, range, out _) || await AppendAgainAsync(writer, range.Range, cancellationToken);
        }

        return isWhole;
    }

    /// <summary>A damaged answer is asked for once more before the object is blamed.</summary>
    private async Task<bool> AppendAgainAsync(ObjectWriter writer, MergeRange range, CancellationToken cancellationToken)
    {
        foreach (var again in await reader.ReadAsync([range], cancellationToken))
        {
            using var buffer = again.Buffer;
            if (TryAppend(writer, again, out var reason))
            {
                return true;
            }

            metrics.RangeUnreadable();
            Log.RangeDamaged(logger, range.LogId.Value, range.BaseOffset, range.LastOffset, range.Key, reason);
        }

        return false;
    }

    /// <summary>
    /// Drained entries have no gaps between their batches, so that what each batch's checksum covers says its offsets too: everything that is
    /// written anew was verified.
    /// </summary>
    private static bool TryAppend(ObjectWriter writer, MergeBytes bytes, out string reason)
    {
        var range = bytes.Range;
        try
        {
            writer.Append(range.LogId, range.BaseOffset, range.LastOffset, bytes.Buffer, bytes.Start, range.LengthBytes);
            reason = "";
            return true;
        }
        catch (CorruptBatchException e)
        {
            reason = e.Message;
            return false;
        }
    }

    private async Task<bool> CommitAsync(
        long jobId,
        PrepareObjectReply prepared,
        MergeObjectPlan plan,
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

        metrics.MergedObjectCommitted(sizeBytes, plan.Kind == ObjectKind.Mixed, acceptedBytes, writer.DataBytes - acceptedBytes);
        Log.ObjectCommitted(logger, prepared.Key, plan.Ranges.Count, writer.Extents.Count, acceptedBytes, writer.DataBytes);
        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(1471, LogLevel.Warning, "Merge {JobId} is left to another try, the object store failed: {Reason}")]
        public static partial void StoreFailed(ILogger logger, long jobId, string reason);

        [LoggerMessage(1472, LogLevel.Error, "Log {LogId} offsets {BaseOffset} to {LastOffset} are damaged in object '{Key}', and stay there: {Reason}")]
        public static partial void RangeDamaged(ILogger logger, long logId, long baseOffset, long lastOffset, string key, string reason);

        [LoggerMessage(1473, LogLevel.Warning, "Object '{Key}' came too late: its time to be committed was over.")]
        public static partial void ObjectExpired(ILogger logger, string key);

        [LoggerMessage(1474, LogLevel.Debug, "Object '{Key}' has {RangeCount} entries as {ExtentCount}: {AcceptedBytes} of {DataBytes} bytes are now read from it.")]
        public static partial void ObjectCommitted(
            ILogger logger, string key, int rangeCount, int extentCount, long acceptedBytes, long dataBytes);
    }
}
