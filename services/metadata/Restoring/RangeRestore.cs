using Spillway.Metadata.Log;
using Spillway.Metadata.Objects;
using Spillway.Metadata.Partitions;
using Spillway.Rpc.Metadata;
using Spillway.Storage.Objects;
using Spillway.Storage.Objects.Format;

namespace Spillway.Metadata.Restoring;

/// <summary>
/// Puts what objects hold into a state that does not know it: in the place of what it knows to be in the WAL, and behind its end where they
/// go on without a gap. Producers and transactions follow from the batches, as they did when those were committed.
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
        report.Add($"{_left.Count} ranges behind the copy's end could not be, since what comes before them is in no object.", _left);
    }

    private async Task TakeAsync(PartitionLog log, List<BlockRun> runs, CancellationToken cancellationToken)
    {
        runs.Sort(static (a, b) => a.BaseOffset != b.BaseOffset ? a.BaseOffset.CompareTo(b.BaseOffset) : a.LastOffset.CompareTo(b.LastOffset));
        foreach (var run in runs)
        {
            if (CanTake(log, run) && await ReadAsync(log, run, cancellationToken) is { } batches)
            {
                Take(log, run, batches);
            }
            else if (run.LastOffset >= log.NextOffset)
            {
                _left.Add($"{log.Topic.Name}-{log.Partition} {run.BaseOffset} to {run.LastOffset}");
            }
        }
    }

    private static bool CanTake(PartitionLog log, BlockRun run) =>
        run.LastOffset >= log.LogStartOffset && (run.BaseOffset == log.NextOffset || FindCovered(log, run) is not null);

    private void Take(PartitionLog log, BlockRun run, List<RestoredBatch> batches)
    {
        AddEntry(log, run);
        var from = log.NextOffset;
        foreach (var batch in batches)
        {
            batch.ReplayTo(log, state.Clock.NowMs);
        }

        _addedOffsets += log.NextOffset - from;
        _takenCount++;
    }

    /// <summary>What of a run the copy does not have, verified before anything is changed; null where it cannot be read.</summary>
    private async Task<List<RestoredBatch>?> ReadAsync(PartitionLog log, BlockRun run, CancellationToken cancellationToken)
    {
        var batches = new List<RestoredBatch>();
        try
        {
            foreach (var block in run.Blocks.Where(block => block.LastOffset >= log.NextOffset))
            {
                using var bytes = await reader.ReadBlockAsync(run.Key, block, cancellationToken);
                RestoredBatch.ReadAll(bytes.Span, log.NextOffset, batches);
            }

            return batches;
        }
        catch (Exception e) when (e is ObjectCorruptException or ObjectNotFoundException or InvalidDataException)
        {
            report.Add($"{log.Topic.Name}-{log.Partition} {run.BaseOffset} to {run.LastOffset} of object {run.Key} is left out: {e.Message}");
            return null;
        }
    }

    /// <summary>Whole entries from the run's first offset to its last, or to the log's end; some of them not in objects, else nothing is won.</summary>
    private static (IndexCursor First, int Count)? FindCovered(PartitionLog log, BlockRun run)
    {
        var first = log.Index.Find(run.BaseOffset);
        if (log.Index.IsEnd(first) || log.Index[first].BaseOffset != run.BaseOffset)
        {
            return null;
        }

        var (count, isUseful, end) = (0, run.LastOffset >= log.NextOffset, -1L);
        for (var cursor = first; !log.Index.IsEnd(cursor) && end < run.LastOffset; cursor = log.Index.Next(cursor))
        {
            ref readonly var entry = ref log.Index[cursor];
            isUseful |= entry.Kind != ContainerKind.Object;
            end = entry.LastOffset;
            count++;
        }

        return isUseful && end <= run.LastOffset && (end == run.LastOffset || end == log.NextOffset - 1) ? (first, count) : null;
    }

    private void AddEntry(PartitionLog log, BlockRun run)
    {
        var data = state.Containers.FindObject(run.ObjectId);
        if (data is null)
        {
            data = new DataObject(run.ObjectId, run.Key, 0);
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
