using Spillway.Metadata.Log;
using Spillway.Metadata.Objects;
using Spillway.Metadata.Partitions;
using Spillway.Rpc.Metadata;
using Spillway.Storage.Objects;
using Spillway.Storage.Objects.Format;

namespace Spillway.Metadata.Restoring;

/// <summary>
/// Puts what objects hold into a state that does not know it: in the place of what it knows to be in the WAL or in older objects, and behind its
/// end where they go on without a gap. Producers and transactions follow from the batches, as they did when those were committed.
/// </summary>
internal sealed class RangeRestore(MetadataState state, ObjectReader reader, RestoreReport report)
{
    private readonly HashSet<DataObject> _taken = [];
    private readonly List<string> _left = [];
    private int _takenCount;
    private long _addedOffsets;

    /// <summary>Takes what it can and reports the rest.</summary>
    public async Task TakeAllAsync(IEnumerable<BlockRun> found, CancellationToken cancellationToken)
    {
        foreach (var runs in found.GroupBy(static run => run.LogId).OrderBy(static runs => runs.Key))
        {
            if (state.Topics.FindLog(runs.Key) is { } log)
            {
                await TakeAsync(log, [.. runs], cancellationToken);
            }
            else
            {
                _left.Add($"log {runs.Key}, a partition that the copy does not know: {runs.Sum(static run => run.Offsets)} offsets");
            }
        }

        foreach (var data in _taken)
        {
            state.Containers.Close(data, ObjectState.Committed);
        }

        report.Add($"{_takenCount} ranges of them were taken, with {_addedOffsets} offsets that the copy does not have.");
        report.Add($"{_left.Count} ranges of them could not be taken, and stay in their objects until the incarnation is confirmed.", _left);
    }

    /// <summary>
    /// The newest state of each range first. Of a log that was compacted after the copy all that is there is taken as it became or nothing: an old
    /// value next to a cleaned range that has its tombstone no more would be back. Then what else closes a gap.
    /// </summary>
    private async Task TakeAsync(PartitionLog log, List<BlockRun> runs, CancellationToken cancellationToken)
    {
        var endOffset = log.NextOffset;
        var batches = new Dictionary<(long ObjectId, long Position), List<RestoredBatch>>();
        var inOrder = runs.OrderBy(static run => run.BaseOffset).ThenBy(static run => run.LastOffset).ThenBy(static run => run.ObjectId);
        List<BlockRun> older = [];
        foreach (var run in inOrder)
        {
            if (!IsNewest(log, run) || !await TryTakeAsync(log, run, endOffset, batches, cancellationToken))
            {
                older.Add(run);
            }
        }

        List<BlockRun> left = [];
        foreach (var run in older)
        {
            if (!IsMissing(log, run) || !await TryTakeAsync(log, run, endOffset, batches, cancellationToken))
            {
                left.Add(run);
            }
        }

        // Only now: what one run could not go on from another may have brought since.
        var end = log.NextOffset;
        foreach (var run in left.Where(run => HasMore(log, run)))
        {
            _left.Add($"{log.Topic.Name}-{log.Partition} {run.BaseOffset} to {run.LastOffset} in {run.Key}: {WhyLeft(log, run, end)}");
            end = Math.Max(end, run.LastOffset + 1);
        }

        _addedOffsets += log.NextOffset - endOffset;
        Replay(log, endOffset, batches);
    }

    private async Task<bool> TryTakeAsync(
        PartitionLog log,
        BlockRun run,
        long endOffset,
        Dictionary<(long ObjectId, long Position), List<RestoredBatch>> batches,
        CancellationToken cancellationToken)
    {
        if (run.LastOffset < log.LogStartOffset || await ReadAsync(log, run, endOffset, cancellationToken) is not { } read)
        {
            return false;
        }

        AddEntry(log, run);
        log.NextOffset = Math.Max(log.NextOffset, run.LastOffset + 1);
        batches[(run.ObjectId, run.Blocks[0].Position)] = read;
        _takenCount++;
        return true;
    }

    /// <summary>What lies behind the copy's end as it was taken in the end: of a cleaned transaction there may be a marker and nothing else.</summary>
    private void Replay(PartitionLog log, long endOffset, Dictionary<(long ObjectId, long Position), List<RestoredBatch>> batches)
    {
        if (log.NextOffset == endOffset)
        {
            return;
        }

        var first = log.Index.Find(endOffset);
        log.NextOffset = endOffset;
        for (var cursor = first; !log.Index.IsEnd(cursor); cursor = log.Index.Next(cursor))
        {
            foreach (var batch in batches[(log.Index[cursor].ContainerId, log.Index[cursor].Position)])
            {
                batch.ReplayTo(log, state.Clock.NowMs);
            }
        }
    }

    /// <summary>It goes on behind the end, or stands for whole entries and is newer than the objects of all of them.</summary>
    private static bool IsNewest(PartitionLog log, BlockRun run) =>
        run.BaseOffset == log.NextOffset
        || (FindCovered(log, run) is { } covered && EntriesOf(log, covered).All(e => e.Kind != ContainerKind.Object || e.ContainerId < run.ObjectId));

    /// <summary>It goes on behind the end, or stands for whole entries and is more than they are.</summary>
    private static bool IsMissing(PartitionLog log, BlockRun run) =>
        run.BaseOffset == log.NextOffset
        || (FindCovered(log, run) is { } covered
            && (run.LastOffset >= log.NextOffset || EntriesOf(log, covered).Any(static e => e.Kind != ContainerKind.Object)));

    /// <summary>It reaches behind the end, or holds what is in the WAL alone, which may be gone.</summary>
    private static bool HasMore(PartitionLog log, BlockRun run)
    {
        if (run.LastOffset >= log.NextOffset)
        {
            return true;
        }

        var start = Math.Max(run.BaseOffset, log.LogStartOffset);
        for (var cursor = log.Index.Find(start);
            start <= run.LastOffset && !log.Index.IsEnd(cursor) && log.Index[cursor].BaseOffset <= run.LastOffset;
            cursor = log.Index.Next(cursor))
        {
            if (log.Index[cursor].Kind == ContainerKind.WalSegment)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// <paramref name="end"/> is that of what was taken or told so far. Of a gap nobody can tell whether its records were deleted or lost.
    /// </summary>
    private static string WhyLeft(PartitionLog log, BlockRun run, long end) => run switch
    {
        _ when run.BaseOffset > end => $"nothing has {end} to {run.BaseOffset - 1}, lost with the WAL or deleted before they were drained",
        _ when run.BaseOffset > log.NextOffset => "it goes on from another that could not be taken",
        _ when run.BaseOffset == log.NextOffset => "it cannot be read",
        _ => "it begins or ends within what is known already, or cannot be read",
    };

    private static IEnumerable<BatchIndexEntry> EntriesOf(PartitionLog log, (IndexCursor First, int Count) covered)
    {
        var cursor = covered.First;
        for (var i = 0; i < covered.Count; i++, cursor = log.Index.Next(cursor))
        {
            yield return log.Index[cursor];
        }
    }

    /// <summary>What of a run the copy does not have. All of it is verified before anything is changed; null where it cannot be read.</summary>
    private async Task<List<RestoredBatch>?> ReadAsync(
        PartitionLog log, BlockRun run, long endOffset, CancellationToken cancellationToken)
    {
        var batches = new List<RestoredBatch>();
        try
        {
            foreach (var block in run.Blocks)
            {
                using var bytes = await reader.ReadBlockAsync(run.Key, block, cancellationToken);
                RestoredBatch.ReadAll(bytes.Span, endOffset, batches);
            }

            return batches;
        }
        catch (Exception e) when (e is ObjectCorruptException or ObjectNotFoundException or InvalidDataException)
        {
            report.Add($"{log.Topic.Name}-{log.Partition} {run.BaseOffset} to {run.LastOffset} of object {run.Key} is left out: {e.Message}");
            return null;
        }
    }

    /// <summary>
    /// Whole entries from the run's first offset to its last, or to the log's end. Where those begin may differ below the log's start: what was
    /// trimmed is missed in neither.
    /// </summary>
    private static (IndexCursor First, int Count)? FindCovered(PartitionLog log, BlockRun run)
    {
        var first = log.Index.Find(run.BaseOffset);
        if (log.Index.IsEnd(first) || (log.Index[first].BaseOffset < run.BaseOffset && run.BaseOffset > log.LogStartOffset))
        {
            return null;
        }

        var (count, end) = (0, -1L);
        for (var cursor = first; !log.Index.IsEnd(cursor) && end < run.LastOffset; cursor = log.Index.Next(cursor))
        {
            end = log.Index[cursor].LastOffset;
            count++;
        }

        return end == run.LastOffset || (end < run.LastOffset && end == log.NextOffset - 1) ? (first, count) : null;
    }

    private void AddEntry(PartitionLog log, BlockRun run)
    {
        var data = state.Containers.FindObject(run.ObjectId);
        if (data is null)
        {
            data = new DataObject(run.ObjectId, run.Key, 0) { IsRewritten = run.Kind == ObjectKind.Partition };
            state.Containers.Add(data);
        }

        data.SizeBytes = run.SizeBytes;
        _taken.Add(data);
        var entry = new BatchIndexEntry(
            run.BaseOffset,
            run.LastOffset,
            run.Blocks.Max(static block => block.MaxTimestamp),
            ContainerKind.Object,
            data.Id,
            run.Blocks[0].Position,
            run.Blocks.Sum(static block => block.SizeBytes),
            log.RewriteVersion);
        IndexRewrite.Put(state, log, entry, run.BaseOffset < log.NextOffset ? FindCovered(log, run) : null);
    }
}
