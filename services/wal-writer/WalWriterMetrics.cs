using System.Diagnostics;
using System.Diagnostics.Metrics;
using Spillway.Storage.Wal;
using Spillway.WalWriter.Appending;
using Spillway.WalWriter.Flushing;
using Spillway.WalWriter.Reading;
using Spillway.WalWriter.Volumes;

namespace Spillway.WalWriter;

/// <summary>Every instrument of the WAL writer.</summary>
internal sealed class WalWriterMetrics
{
    public const string MeterName = "Spillway.WalWriter";

    private readonly Meter _meter;
    private readonly Counter<long> _appendedBytes;
    private readonly Counter<long> _writtenBytes;
    private readonly Histogram<double> _flushDuration;
    private readonly Histogram<long> _blockBytes;
    private readonly Histogram<long> _blockBatches;
    private readonly Counter<long> _flushFailures;
    private readonly Histogram<double> _commitDuration;
    private readonly Counter<long> _commitRetries;
    private readonly Counter<long> _movedBlocks;
    private readonly Counter<long> _segmentsOpened;
    private readonly Counter<long> _segmentsSealed;
    private readonly Counter<long> _segmentFailures;
    private readonly Counter<long> _epochsEnded;
    private readonly Counter<long> _volumeStalls;
    private readonly Counter<long> _refusedAppends;
    private readonly Counter<long> _rangesGiven;
    private readonly Counter<long> _givenBytes;
    private readonly Counter<long> _rangesRefused;
    private BlockPipeline? _pipeline;
    private AppendBudget? _budget;
    private IReadOnlyList<WriterVolume> _volumes = [];

    public WalWriterMetrics(IMeterFactory meters)
    {
        var meter = _meter = meters.Create(MeterName);
        _appendedBytes = meter.CreateCounter<long>("spillway.wal.appended", "By", "Record bytes accepted for appending.");
        _writtenBytes = meter.CreateCounter<long>("spillway.wal.written", "By", "Bytes written to volumes, heads and padding included.");
        _flushDuration = meter.CreateHistogram<double>("spillway.wal.flush.duration", "s", "Write and flush of one block.");
        _blockBytes = meter.CreateHistogram<long>("spillway.wal.block.size", "By", "Payload of a block.");
        _blockBatches = meter.CreateHistogram<long>("spillway.wal.block.batches", "{batch}", "Batches of a block.");
        _flushFailures = meter.CreateCounter<long>("spillway.wal.flush.failures", "{block}", "Blocks whose write or flush failed.");
        _commitDuration = meter.CreateHistogram<double>("spillway.wal.commit.duration", "s", "From the proposal of a block to metadata's answer, retries included.");
        _commitRetries = meter.CreateCounter<long>("spillway.wal.metadata.retries", "{call}", "Calls of metadata tried again.");
        _movedBlocks = meter.CreateCounter<long>("spillway.wal.blocks.moved", "{block}", "Blocks written again in another segment.");
        _segmentsOpened = meter.CreateCounter<long>("spillway.wal.segments.opened", "{segment}", "Segments opened.");
        _segmentsSealed = meter.CreateCounter<long>("spillway.wal.segments.sealed", "{segment}", "Segments sealed.");
        _segmentFailures = meter.CreateCounter<long>("spillway.wal.segments.failed", "{segment}", "Segments that could not be created.");
        _epochsEnded = meter.CreateCounter<long>("spillway.wal.epochs.ended", "{epoch}", "Writer epochs that ended other than by a drain.");
        _volumeStalls = meter.CreateCounter<long>("spillway.wal.volume.stalls", "{stall}", "Times a volume stopped answering.");
        _refusedAppends = meter.CreateCounter<long>("spillway.wal.appends.refused", "{append}", "Appends refused because no volume took them in time.");
        meter.CreateObservableGauge(
            "spillway.wal.volume.stalled", () => MeasureVolumes(static v => v.Calls.IsStalled ? 1 : 0), "{volume}", "1 while the volume does not answer.");
        meter.CreateObservableGauge(
            "spillway.wal.volume.oldest_call", () => MeasureVolumes(static v => v.Calls.OldestAge.TotalSeconds), "s", "Age of the oldest call that the volume has not answered.");
        _rangesGiven = meter.CreateCounter<long>(
            "spillway.wal.ranges.given", "{range}", "Ranges given to readers that asked for them, by where they were: memory, volume.");
        _givenBytes = meter.CreateCounter<long>("spillway.wal.ranges.given.size", "By", "Bytes of them.");
        _rangesRefused = meter.CreateCounter<long>("spillway.wal.ranges.refused", "{range}", "Ranges that readers asked for and the writer has not either.");
        meter.CreateObservableGauge(
            "spillway.wal.volume.used", () => MeasureVolumes(static v => v.Space.UsedBytes), "By", "Bytes of WAL files on the volume, those of all writers.");
        meter.CreateObservableGauge(
            "spillway.wal.volume.budget_use",
            () => MeasureVolumes(static v => (double)v.Space.UsedBytes / v.Space.BytesMax, static v => v.Space.BytesMax > 0),
            "1",
            "How much of the volume's budget of WAL bytes is used.");
        meter.CreateObservableGauge(
            "spillway.wal.volume.full", () => MeasureVolumes(static v => v.Space.IsFull ? 1 : 0), "{volume}", "1 while no segment is opened until compactors make room.");
        meter.CreateObservableGauge(
            "spillway.wal.volume.flush_rate", () => MeasureVolumes(static v => v.Pace.FlushesPerSecond), "{flush}/s", "Blocks a second written to the volume, over the last 5 s.");
        meter.CreateObservableGauge(
            "spillway.wal.volume.byte_rate", () => MeasureVolumes(static v => v.Pace.BytesPerSecond), "By/s", "Bytes a second written to the volume, over the last 5 s.");
        meter.CreateObservableGauge(
            "spillway.wal.volume.flush_cap_use",
            () => MeasureVolumes(static v => v.Pace.FlushesPerSecond / v.Pace.FlushesPerSecondMax, static v => v.Pace.FlushesPerSecondMax > 0),
            "1",
            "How much of the volume's cap on flushes a second is used.");
        meter.CreateObservableGauge(
            "spillway.wal.volume.byte_cap_use",
            () => MeasureVolumes(static v => v.Pace.BytesPerSecond / v.Pace.BytesPerSecondMax, static v => v.Pace.BytesPerSecondMax > 0),
            "1",
            "How much of the volume's cap on bytes a second is used.");
        meter.CreateObservableGauge(
            "spillway.wal.inflight", () => Volatile.Read(ref _budget)?.HeldBytes ?? 0, "By", "Bytes accepted and not answered.");
        meter.CreateObservableGauge(
            "spillway.wal.streams.waiting", () => Volatile.Read(ref _budget)?.WaitingCount ?? 0, "{stream}", "Streams that are not read until there is room.");
        meter.CreateObservableGauge(
            "spillway.wal.blocks.unresolved",
            () => Volatile.Read(ref _pipeline)?.UnresolvedCount ?? 0,
            "{block}",
            "Blocks placed and not answered by metadata.");
    }

    /// <summary>Says which epoch's gauges are shown.</summary>
    public void Observe(BlockPipeline? pipeline) => Volatile.Write(ref _pipeline, pipeline);

    /// <summary>Says which budget's gauges are shown.</summary>
    public AppendBudget ObserveBudget(AppendBudget budget)
    {
        Volatile.Write(ref _budget, budget);
        return budget;
    }

    /// <summary>Says which volumes' gauges are shown.</summary>
    public void ObserveVolumes(IReadOnlyList<WriterVolume> volumes) => Volatile.Write(ref _volumes, volumes);

    public void VolumeStalled(string volume) => _volumeStalls.Add(1, new TagList { { "volume", volume } });

    public void QueueFailed(int count) => _refusedAppends.Add(count);

    public void Appended(int lengthBytes) => _appendedBytes.Add(lengthBytes);

    public void BlockFlushed(WalBlock block, string volume, TimeSpan duration)
    {
        if (_flushDuration.Enabled)
        {
            _flushDuration.Record(duration.TotalSeconds, new TagList { { "volume", volume } });
        }

        _writtenBytes.Add(block.OccupiedBytes, new TagList { { "volume", volume } });
        _blockBytes.Record(block.PayloadBytes);
        _blockBatches.Record(block.Count);
    }

    public void FlushFailed(string volume) => _flushFailures.Add(1, new TagList { { "volume", volume } });

    public void ProposalAnswered(TimeSpan duration) => _commitDuration.Record(duration.TotalSeconds);

    public void MetadataCallRetried() => _commitRetries.Add(1);

    public void BlocksMoved(int count) => _movedBlocks.Add(count);

    public void SegmentOpened(string volume) => _segmentsOpened.Add(1, new TagList { { "volume", volume } });

    public void SegmentSealed(string volume) => _segmentsSealed.Add(1, new TagList { { "volume", volume } });

    public void SegmentFailed(string volume) => _segmentFailures.Add(1, new TagList { { "volume", volume } });

    public void RangeGiven(string source, int lengthBytes)
    {
        var tags = new TagList { { "source", source } };
        _rangesGiven.Add(1, tags);
        _givenBytes.Add(lengthBytes, tags);
    }

    public void RangeRefused() => _rangesRefused.Add(1);

    /// <summary>Shows how much of recent blocks is kept.</summary>
    public RecentBlocks ObserveRecent(RecentBlocks recent)
    {
        _meter.CreateObservableGauge(
            "spillway.wal.recent", () => recent.ChargedBytes, "By", "Memory of committed blocks that is kept for drains and readers.");
        _meter.CreateObservableGauge("spillway.wal.recent.max", () => recent.BytesMax, "By", "How much that may be.");
        return recent;
    }

    public void EpochEnded(string reason) => _epochsEnded.Add(1, new TagList { { "reason", reason } });

    private IEnumerable<Measurement<T>> MeasureVolumes<T>(Func<WriterVolume, T> measure, Func<WriterVolume, bool>? isMeasured = null)
        where T : struct =>
        Volatile.Read(ref _volumes).Where(isMeasured ?? (static _ => true)).Select(v => new Measurement<T>(measure(v), new KeyValuePair<string, object?>("volume", v.Name)));
}
