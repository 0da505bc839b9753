using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;
using Spillway.Storage.Objects;
using Spillway.Tool.Fsck.Volumes;

namespace Spillway.Tool.Fsck;

/// <summary>
/// Compares index, volumes and bucket of a cluster that may be at work. The order is what makes that safe: first what is there is listed,
/// then what metadata knows, then what the index names. So what is there was known before, or is younger than the grace; and before
/// anything is called missing or wrong, the index is asked once more whether it still says so. One run at a time; not thread-safe.
/// </summary>
internal sealed class FsckRun(
    IContainerService containers,
    IPartitionIndexService index,
    IClusterImageService image,
    IObjectStore store,
    IReadOnlyDictionary<string, ISegmentVolume> volumes,
    FsckSettings settings)
{
    private const int PageEntryCount = 1000;

    private readonly FsckReport _report = new();
    private readonly Dictionary<string, StoredObject> _objects = new(StringComparer.Ordinal);
    private readonly RangeCheck _check = new(store, volumes, settings);
    private KnownContainers _known = null!;

    public async Task<FsckReport> RunAsync(CancellationToken cancellationToken)
    {
        await foreach (var found in store.ListAsync("", cancellationToken))
        {
            _objects[found.Key] = found;
        }

        var segments = new List<VolumeSegment>();
        foreach (var volume in volumes.Values)
        {
            segments.AddRange(await volume.ListAsync(cancellationToken));
        }

        _known = await KnownContainers.ReadAsync(containers, cancellationToken);
        foreach (var logId in await ReadLogsAsync(cancellationToken))
        {
            await CheckLogAsync(logId, cancellationToken);
        }

        await new UnknownCheck(_known, store, volumes, settings, _report).RunAsync([.. _objects.Values], segments, cancellationToken);
        _report.SegmentCount = _known.All.Count(c => c.Location.Kind == ContainerKind.WalSegment);
        _report.ObjectCount = _known.All.Count(c => c.Location.Kind == ContainerKind.Object);
        return _report;
    }

    private async Task<List<long>> ReadLogsAsync(CancellationToken cancellationToken)
    {
        await foreach (var update in image.WatchAsync(new WatchImageRequest(), cancellationToken))
        {
            return [.. update.Topics.SelectMany(t => t.LogIds).Order()];
        }

        return [];
    }

    private async Task CheckLogAsync(long logId, CancellationToken cancellationToken)
    {
        _report.LogCount++;
        var offset = 0L;
        while (true)
        {
            var reply = await FindAsync(logId, offset, PageEntryCount, cancellationToken);
            if (reply.HighWatermark < 0)
            {
                return; // The topic is gone.
            }

            if (offset < reply.LogStartOffset)
            {
                offset = reply.LogStartOffset; // Where it begins, or retention went on meanwhile.
                continue;
            }

            foreach (var location in reply.Containers)
            {
                _known.Add(location);
            }

            foreach (var entry in reply.Entries)
            {
                if (entry.BaseOffset > offset)
                {
                    await ReportGapAsync(logId, offset, entry.BaseOffset, cancellationToken);
                }

                await CheckEntryAsync(new NamedRange(logId, entry), cancellationToken);
                offset = Math.Max(offset, entry.LastOffset + 1);
            }

            if (offset >= reply.HighWatermark)
            {
                return;
            }

            if (reply.Entries.Count == 0)
            {
                await ReportGapAsync(logId, offset, reply.HighWatermark, cancellationToken);
                return;
            }
        }
    }

    private async Task CheckEntryAsync(NamedRange range, CancellationToken cancellationToken)
    {
        var entry = range.Entry;
        _report.EntryCount++;
        _report.EntryBytes += entry.Length;
        if (entry.Kind == ContainerKind.Marker)
        {
            return; // Its bytes are the entry.
        }

        if (_known.Find(entry.Kind, entry.ContainerId) is not { } container)
        {
            await ReportAsync(FsckKind.Missing, range, "", $"metadata knows no such {entry.Kind}", cancellationToken);
            return;
        }

        if (container.UnreferencedAtMs != 0)
        {
            await ReportAsync(FsckKind.Freed, range, container.Location.Path, "metadata has given it free to be deleted", cancellationToken);
        }

        if (!_check.CanReach(container.Location))
        {
            var volume = container.Location.Volume;
            _report.UncheckedEntriesByVolume[volume] = _report.UncheckedEntriesByVolume.GetValueOrDefault(volume) + 1;
            return;
        }

        var problem = await _check.FindProblemAsync(range, container, _objects, cancellationToken);
        if (settings.Verify && problem is null)
        {
            _report.VerifiedEntryCount++;
        }

        if (problem is var (kind, reason))
        {
            await ReportAsync(kind, range, container.Location.Path, reason, cancellationToken);
        }
    }

    /// <summary>Reports it if the index still names that place for that offset: a drain may have moved it meanwhile.</summary>
    private async Task ReportAsync(FsckKind kind, NamedRange range, string path, string reason, CancellationToken cancellationToken)
    {
        var now = await FindAsync(range.LogId, range.Entry.BaseOffset, 1, cancellationToken);
        if (now.Entries.Any(e => e.Kind == range.Entry.Kind && e.ContainerId == range.Entry.ContainerId))
        {
            var entry = range.Entry;
            _report.Findings.Add(new FsckFinding(
                kind,
                path.Length > 0 ? path : $"{entry.Kind} {entry.ContainerId}",
                $"log {range.LogId}, offsets {entry.BaseOffset} to {entry.LastOffset}, bytes {entry.Position} to {entry.Position + entry.Length}: {reason}"));
        }
    }

    private async Task ReportGapAsync(long logId, long start, long end, CancellationToken cancellationToken)
    {
        var now = await FindAsync(logId, start, 1, cancellationToken);
        if (now.HighWatermark >= end && now.LogStartOffset <= start && !now.Entries.Any(e => e.BaseOffset <= start && e.LastOffset >= start))
        {
            _report.Findings.Add(new FsckFinding(FsckKind.Gap, $"log {logId}", $"the index has no entry for offsets {start} to {end - 1}"));
        }
    }

    private Task<FindEntriesReply> FindAsync(long logId, long offset, int countMax, CancellationToken cancellationToken) =>
        index.FindEntriesAsync(
            new FindEntriesRequest { LogId = logId, Offset = offset, BytesMax = long.MaxValue, EntriesMax = countMax, Barrier = true },
            cancellationToken);
}
