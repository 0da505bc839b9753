using Spillway.Kafka;
using Spillway.Kafka.Records;
using Spillway.Rpc.Metadata;
using Spillway.S3Compactor.Draining;
using Spillway.S3Compactor.Planning;
using Spillway.S3Compactor.Sessions;
using Spillway.Storage.Faults;
using Spillway.Storage.Objects;
using Spillway.Storage.Objects.Format;

namespace Spillway.S3Compactor.Compacting;

/// <summary>
/// Log compaction of one log: learn the last record of each key → clean neighbouring entries → prepare → put → commit, in offset order, until all
/// named are done or a commit is refused. After any step it may end for good: what is committed is right by itself, and what was not reported is
/// done again to no effect.
/// </summary>
internal sealed partial class CompactRunner(
    DrainTargets targets,
    IFailPoints failPoints,
    S3CompactorOptions options,
    S3CompactorMetrics metrics,
    ILogger<CompactRunner> logger) : IJobRunner
{
    /// <summary>Bytes read for one object at most, in objects' targets: where little is left of much, a commit is still owed now and then.</summary>
    private const int ReadTargetsMax = 4;

    /// <summary>A pass does not wait for the drain of the marker of a transaction that stretches over more than this.</summary>
    private const long TransactionBytesMax = 64 << 20;

    public JobKind Kind => JobKind.Compact;

    public async Task<JobOutcome> RunAsync(CompactorIdentity identity, Job job, CancellationToken cancellationToken)
    {
        var progress = new CleaningProgress();
        try
        {
            var isWhole = await RunAsync(identity, job, progress, cancellationToken);
            await failPoints.PassAsync(FailPoint.CompactionFinished, cancellationToken);
            return new JobOutcome(!isWhole, []) { Cleaned = progress };
        }
        catch (Exception e) when (e is ObjectStoreException or CorruptRecordException or CorruptBatchException)
        {
            Log.Failed(logger, job.JobId, job.Cleaning.LogId, e.Message);
            return JobOutcome.Failed with { Cleaned = progress };
        }
    }

    /// <summary>False where it stopped before its end.</summary>
    private async Task<bool> RunAsync(CompactorIdentity identity, Job job, CleaningProgress progress, CancellationToken cancellationToken)
    {
        var cleaning = job.Cleaning;
        var budget = new IoBudget(cleaning.BytesPerSecond, targets.Time);
        var entries = new EntryBytes(targets.Store.For(RequestCause.Compaction), targets.Buffers, job, budget);
        var keys = await LearnAsync(job, entries, cancellationToken);
        await failPoints.PassAsync(FailPoint.KeysLearned, cancellationToken);

        (progress.PassEnd, progress.NextOffset) = (keys.EndOffset, cleaning.NextOffset);
        var cleaner = new BatchCleaner(keys, ToRules(cleaning));
        var end = Math.Min(cleaning.CleanEnd, keys.EndOffset);
        var toClean = job.Ranges.Select(static range => range.Entry)
            .Where(entry => entry.LastOffset >= cleaning.NextOffset && entry.BaseOffset < end).ToList();
        for (var i = 0; i < toClean.Count;)
        {
            var run = new CleanedRun(cleaner);
            while (i < toClean.Count && (run.IsEmpty || IsRoomFor(run, toClean[i])))
            {
                run.Begin(toClean[i].BaseOffset, toClean[i].LastOffset);
                await entries.ReadAsync(new LogId(cleaning.LogId), toClean[i], batches => Add(run, batches), cancellationToken);
                i++;
            }

            await failPoints.PassAsync(FailPoint.RunCleaned, cancellationToken);
            if (run.IsChanged && !await StoreAsync(identity, job, run, budget, cancellationToken))
            {
                return false;
            }

            metrics.LogCleaned(run.ReadBytes, run.IsChanged ? run.LengthBytes : run.ReadBytes);
            progress.NextOffset = run.LastOffset + 1;
        }

        return true;
    }

    private static async Task<LastKeys> LearnAsync(Job job, EntryBytes entries, CancellationToken cancellationToken)
    {
        var cleaning = job.Cleaning;
        var aborted = new AbortedTransactions(cleaning.Aborted.Select(static a => (a.ProducerId, a.FirstOffset, a.LastOffset)));
        var keys = new LastKeys(cleaning.CleanedOffset, cleaning.PassEnd, aborted, cleaning.KeyBytesMax);
        var bytes = 0L;
        foreach (var range in job.Ranges)
        {
            if (range.Entry.LastOffset >= cleaning.CleanedOffset && range.Entry.BaseOffset < cleaning.PassEnd && !keys.IsFull)
            {
                await entries.ReadAsync(new LogId(range.LogId), range.Entry, batches => Learn(keys, batches), cancellationToken);
                bytes += range.Entry.Length;
            }
        }

        keys.Complete(isCut: bytes >= TransactionBytesMax);
        return keys;
    }

    private static bool Learn(LastKeys keys, ReadOnlySpan<byte> batches)
    {
        var walk = new RecordBatchEnumerator(batches);
        while (walk.MoveNext())
        {
            if (!keys.TryLearn(walk.CurrentBytes, walk.Current))
            {
                return false;
            }
        }

        return walk.Error == RecordBatchError.None
            ? true
            : throw new CorruptRecordException(walk.Error, $"What lies behind offset {keys.EndOffset} is no record batch");
    }

    private static bool Add(CleanedRun run, ReadOnlySpan<byte> batches)
    {
        run.Add(batches);
        return true;
    }

    private static CleaningRules ToRules(LogCleaning cleaning) => new(
        cleaning.NowMs,
        cleaning.DeleteRetentionMs,
        cleaning.SeesLogStart,
        cleaning.LastBatches.ToDictionary(
            static batch => batch.ProducerId, static batch => new LastOfProducer((short)batch.ProducerEpoch, batch.BaseOffset)));

    private bool IsRoomFor(CleanedRun run, IndexEntry entry) =>
        run.LengthBytes + entry.Length <= options.ObjectBytesTarget && run.ReadBytes + entry.Length <= ReadTargetsMax * options.ObjectBytesTarget;

    /// <summary>Writes and commits what is left of some entries; false where the index does not name it now.</summary>
    private async Task<bool> StoreAsync(
        CompactorIdentity identity, Job job, CleanedRun run, IoBudget budget, CancellationToken cancellationToken)
    {
        var left = run.Complete();
        using var buffer = targets.Buffers.Rent(left.Length);
        left.CopyTo(buffer.Memory);
        await budget.SpendAsync(left.Length, cancellationToken);

        var startTimestamp = targets.Time.GetTimestamp();
        var prepared = await targets.Metadata.PrepareAsync(identity, job.JobId, options.UploadTimeout, cancellationToken);
        await failPoints.PassAsync(FailPoint.ObjectPrepared, cancellationToken);
        if (prepared.Lost)
        {
            return false;
        }

        using var writer = new ObjectWriter(prepared.ObjectId, ObjectKind.Partition);
        writer.AppendPlaced(new LogId(job.Cleaning.LogId), run.BaseOffset, run.LastOffset, buffer, 0, left.Length);
        var payload = writer.Complete(targets.Buffers);
        await targets.PutAsync(
            RequestCause.Compaction, prepared.Key, payload, options.UploadTimeout - targets.Time.GetElapsedTime(startTimestamp), cancellationToken);
        await failPoints.PassAsync(FailPoint.ObjectStored, cancellationToken);
        var isCommitted = await CommitAsync(job, prepared, run, writer.Extents[0], payload.LengthBytes, cancellationToken);
        await failPoints.PassAsync(FailPoint.ObjectCommitted, cancellationToken);
        return isCommitted;
    }

    private async Task<bool> CommitAsync(
        Job job, PrepareObjectReply prepared, CleanedRun run, ObjectExtent extent, long sizeBytes, CancellationToken cancellationToken)
    {
        var range = new ObjectRange
        {
            LogId = job.Cleaning.LogId,
            BaseOffset = run.BaseOffset,
            LastOffset = run.LastOffset,
            MaxTimestamp = run.MaxTimestamp,
            Position = extent.Position,
            Length = extent.LengthBytes,
            RewriteVersion = job.Ranges[0].RewriteVersion,
        };
        var request = new CommitObjectRequest { ObjectId = prepared.ObjectId, JobId = job.JobId, SizeBytes = sizeBytes, Ranges = { range } };
        var reply = await targets.Metadata.CommitAsync(request, cancellationToken);
        var isAccepted = !reply.Expired && reply.Accepted[0];
        if (!isAccepted)
        {
            Log.Refused(logger, job.JobId, job.Cleaning.LogId, run.BaseOffset, run.LastOffset);
        }

        metrics.CleanedObjectCommitted(sizeBytes, isAccepted ? 0 : extent.LengthBytes);
        return isAccepted;
    }

    private static partial class Log
    {
        [LoggerMessage(1480, LogLevel.Warning, "Log compaction {JobId} of log {LogId} is left to another try: {Reason}")]
        public static partial void Failed(ILogger logger, long jobId, long logId, string reason);

        [LoggerMessage(1481, LogLevel.Information, "Log compaction {JobId} of log {LogId} stops: offsets {BaseOffset} to {LastOffset} were moved or removed meanwhile.")]
        public static partial void Refused(ILogger logger, long jobId, long logId, long baseOffset, long lastOffset);
    }
}
