using Spillway.Kafka.Buffers;
using Spillway.Kafka.Records;
using Spillway.S3Compactor.Planning;
using Spillway.Storage.Wal.Reading;

namespace Spillway.S3Compactor.Draining;

/// <summary>Reads ranges of sealed segments, neighbours at once, from their writer's memory or the volume, and makes those that are markers. Thread-safe.</summary>
internal sealed partial class SegmentRangeReader(
    CompactorVolumes volumes, WriterMemory memory, BufferPool buffers, S3CompactorMetrics metrics, ILogger<SegmentRangeReader> logger)
{
    /// <summary>
    /// Reads what can be read, in the order of the plan. A range that no fresh view gives intact is left out: it stays where the index names
    /// it, and the others go on. The caller releases each buffer.
    /// </summary>
    public async Task<IReadOnlyList<RangeBytes>> ReadAsync(ObjectPlan plan, CancellationToken cancellationToken)
    {
        // All at once: the reader's threads bound what is under way, and the object's memory is needed anyway.
        var reads = Stretch.Cover(plan.Ranges).Select(stretch => ReadAsync(stretch, cancellationToken)).ToList();
        try
        {
            var byRange = (await Task.WhenAll(reads)).SelectMany(static read => read)
                .Concat(MakeMarkers(plan)).ToDictionary(static read => read.Range);
            return [.. plan.Ranges.Where(byRange.ContainsKey).Select(range => byRange[range])];
        }
        catch
        {
            // WhenAll waits for all of them, so every buffer there will ever be is in a finished task.
            foreach (var read in reads.Where(static read => read.IsCompletedSuccessfully).SelectMany(static read => read.Result))
            {
                read.Buffer.Release();
            }

            throw;
        }
    }

    /// <summary>The control batches of all markers of the plan, in one buffer that all of them hold.</summary>
    private List<RangeBytes> MakeMarkers(ObjectPlan plan)
    {
        var markers = plan.Ranges.Where(static range => range.Marker is not null).ToList();
        List<RangeBytes> made = new(markers.Count);
        if (markers.Count == 0)
        {
            return made;
        }

        using var buffer = buffers.Rent(markers.Count * ControlBatch.BatchBytes);
        foreach (var range in markers)
        {
            var start = made.Count * ControlBatch.BatchBytes;
            ControlBatch.Write(buffer.Span[start..], range.Marker!.Value);
            made.Add(Take(buffer, range, start));
        }

        return made;
    }

    private async Task<IReadOnlyList<RangeBytes>> ReadAsync(Stretch stretch, CancellationToken cancellationToken)
    {
        var read = new WalRead(stretch.Segment, stretch.Position, stretch.LengthBytes)
        {
            // What a job names is there until the job is done: one that is not seen is a stale view.
            IsConfirmed = true,
            Parts = stretch.Ranges.Count == 1 ? null : [.. stretch.Ranges.Select(range => ToPart(stretch, range))],
        };
        try
        {
            using var buffer = await memory.FindAsync(stretch, read.Parts, cancellationToken)
                ?? await ReadVolumeAsync(read, cancellationToken);
            return [.. stretch.Ranges.Select(range => Take(buffer, range, ToPart(stretch, range).Start))];
        }
        catch (WalReadException e) when (stretch.Ranges.Count > 1)
        {
            Log.StretchUnreadable(logger, stretch.Segment, stretch.Position, e.Message);
        }
        catch (WalReadException e)
        {
            metrics.RangeUnreadable();
            var range = stretch.Ranges[0];
            Log.RangeUnreadable(logger, range.LogId.Value, range.BaseOffset, range.LastOffset, e.Failure, e.Message);
            return [];
        }

        // One bad range must not keep its neighbours: each for itself.
        List<RangeBytes> alone = [];
        try
        {
            foreach (var range in stretch.Ranges)
            {
                alone.AddRange(await ReadAsync(new Stretch(range.Segment, range.Position, range.LengthBytes, [range]), cancellationToken));
            }

            return alone;
        }
        catch
        {
            alone.ForEach(static read => read.Buffer.Release());
            throw;
        }
    }

    private async Task<SharedBuffer> ReadVolumeAsync(WalRead read, CancellationToken cancellationToken)
    {
        var buffer = await volumes.Reader.ReadAsync(read, cancellationToken);
        metrics.VolumeRead(read.LengthBytes);
        return buffer;
    }

    private static WalStretchPart ToPart(Stretch stretch, SegmentRange range) =>
        new((int)(range.Position - stretch.Position), range.LengthBytes);

    private static RangeBytes Take(SharedBuffer buffer, SegmentRange range, int start)
    {
        buffer.AddRef();
        return new RangeBytes(range, buffer, start);
    }

    private static partial class Log
    {
        [LoggerMessage(1430, LogLevel.Warning, "{Segment} could not be read at {Position}; its ranges are tried one by one: {Reason}")]
        public static partial void StretchUnreadable(ILogger logger, WalSegmentName segment, long position, string reason);

        [LoggerMessage(1431, LogLevel.Error, "Log {LogId} offsets {BaseOffset} to {LastOffset} could not be read for a drain ({Failure}) and stay in the WAL: {Reason}")]
        public static partial void RangeUnreadable(
            ILogger logger, long logId, long baseOffset, long lastOffset, WalReadFailure failure, string reason);
    }
}
