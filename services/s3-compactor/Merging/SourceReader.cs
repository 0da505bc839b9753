using Spillway.Kafka.Buffers;
using Spillway.S3Compactor.Draining;
using Spillway.Storage.Objects;

namespace Spillway.S3Compactor.Merging;

/// <summary>
/// Reads ranges of objects, neighbours at once. It holds what the ranges have and, of what lies between them, the few stretches under way.
/// Thread-safe.
/// </summary>
internal sealed partial class SourceReader(DrainTargets targets, S3CompactorMetrics metrics, ILogger<SourceReader> logger)
{
    private const int ConcurrentReadsMax = 4;

    private readonly IObjectStore _store = targets.Store.For(RequestCause.Merge);

    /// <summary>
    /// Reads what is there, in the order of the plan; what is not is left out. Nothing is verified yet. The caller releases each buffer.
    /// </summary>
    /// <exception cref="ObjectStoreException">The store does not answer.</exception>
    public async Task<IReadOnlyList<MergeBytes>> ReadAsync(IReadOnlyList<MergeRange> ranges, CancellationToken cancellationToken)
    {
        var stretches = SourceStretch.Cover(ranges);
        var reads = new IReadOnlyList<MergeBytes>?[stretches.Count];
        try
        {
            var parallel = new ParallelOptions { MaxDegreeOfParallelism = ConcurrentReadsMax, CancellationToken = cancellationToken };
            await Parallel.ForAsync(0, stretches.Count, parallel, async (i, token) => reads[i] = await ReadAsync(stretches[i], token));
        }
        catch
        {
            // It waits for all that it began, so every buffer there will ever be is in the list.
            foreach (var read in reads.SelectMany(static read => read ?? []))
            {
                read.Buffer.Release();
            }

            throw;
        }

        var byRange = reads.SelectMany(static read => read!).ToDictionary(static read => read.Range);
        return [.. ranges.Where(byRange.ContainsKey).Select(range => byRange[range])];
    }

    private async Task<IReadOnlyList<MergeBytes>> ReadAsync(SourceStretch stretch, CancellationToken cancellationToken)
    {
        try
        {
            using var whole = targets.Buffers.Rent(stretch.LengthBytes);
            await _store.ReadRangeAsync(stretch.Key, stretch.Position, whole.Memory, cancellationToken);
            return Keep(stretch, whole);
        }
        catch (Exception e) when (e is ObjectNotFoundException or ObjectCorruptException)
        {
            if (stretch.Ranges.Count == 1)
            {
                metrics.RangeUnreadable();
                var range = stretch.Ranges[0];
                Log.RangeUnreadable(logger, range.LogId.Value, range.BaseOffset, range.LastOffset, stretch.Key, e.Message);
                return [];
            }
        }

        // An object that ends too early has some of them all the same: each for itself.
        List<MergeBytes> alone = [];
        try
        {
            foreach (var range in stretch.Ranges)
            {
                alone.AddRange(await ReadAsync(SourceStretch.Of([range]), cancellationToken));
            }

            return alone;
        }
        catch
        {
            alone.ForEach(static read => read.Buffer.Release());
            throw;
        }
    }

    /// <summary>The ranges without what lies between them, in one buffer that all of them hold.</summary>
    private List<MergeBytes> Keep(SourceStretch stretch, SharedBuffer whole)
    {
        using var kept = targets.Buffers.Rent(stretch.Ranges.Sum(static range => range.LengthBytes));
        List<MergeBytes> taken = new(stretch.Ranges.Count);
        var start = 0;
        foreach (var range in stretch.Ranges)
        {
            whole.Span.Slice((int)(range.Position - stretch.Position), range.LengthBytes).CopyTo(kept.Span[start..]);
            kept.AddRef();
            taken.Add(new MergeBytes(range, kept, start));
            start += range.LengthBytes;
        }

        return taken;
    }

    private static partial class Log
    {
        [LoggerMessage(1470, LogLevel.Error, "Log {LogId} offsets {BaseOffset} to {LastOffset} could not be read from object '{Key}' for a merge: {Reason}")]
        public static partial void RangeUnreadable(
            ILogger logger, long logId, long baseOffset, long lastOffset, string key, string reason);
    }
}
