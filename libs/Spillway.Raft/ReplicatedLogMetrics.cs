using System.Diagnostics.Metrics;

namespace Spillway.Raft;

/// <summary>Every instrument of the replicated log, on the meter <c>Spillway.Raft</c>.</summary>
public sealed class ReplicatedLogMetrics : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Spillway.Raft";

    private static readonly InstrumentAdvice<double> DurationBuckets = new()
    {
        HistogramBucketBoundaries =
            [0.0001, 0.0002, 0.0003, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
    };

    private readonly Meter _meter;
    private readonly Histogram<double> _commitDuration;
    private readonly Histogram<double> _flushDuration;
    private readonly Histogram<long> _entryCommands;
    private readonly Counter<long> _entries;
    private readonly Counter<long> _commands;
    private readonly Counter<long> _writtenBytes;
    private readonly Histogram<double> _snapshotCaptureDuration;
    private readonly Histogram<double> _snapshotDuration;
    private readonly Histogram<long> _snapshotBytes;
    private readonly Counter<long> _snapshotFailures;
    private Func<int>? _queuedProposals;
    private long _logBytes;

    /// <summary>Creates the instruments.</summary>
    /// <param name="meters">Where the meter is made.</param>
    public ReplicatedLogMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        _commitDuration = _meter.CreateHistogram(
            "spillway.raft.commit.duration", "s", "From a proposal to its application.", advice: DurationBuckets);
        _flushDuration = _meter.CreateHistogram(
            "spillway.raft.flush.duration", "s", "One flush of the log to the disk.", advice: DurationBuckets);
        _entryCommands = _meter.CreateHistogram<long>(
            "spillway.raft.entry.commands", "{command}", "Commands in one entry.",
            advice: new InstrumentAdvice<long>
            {
                HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 512, 4096],
            });
        _entries = _meter.CreateCounter<long>("spillway.raft.entries", "{entry}", "Entries committed.");
        _commands = _meter.CreateCounter<long>("spillway.raft.commands", "{command}", "Commands committed.");
        _writtenBytes = _meter.CreateCounter<long>("spillway.raft.log.written", "By", "Bytes appended to the log.");
        _snapshotCaptureDuration = _meter.CreateHistogram(
            "spillway.raft.snapshot.capture.duration", "s", "How long commits waited for a snapshot's image.",
            advice: DurationBuckets);
        _snapshotDuration = _meter.CreateHistogram(
            "spillway.raft.snapshot.duration", "s", "Writing one snapshot file.", advice: DurationBuckets);
        _snapshotBytes = _meter.CreateHistogram<long>("spillway.raft.snapshot.size", "By", "Content of one snapshot.");
        _snapshotFailures = _meter.CreateCounter<long>(
            "spillway.raft.snapshot.failures", "{snapshot}", "Snapshots that could not be written.");
        _meter.CreateObservableGauge(
            "spillway.raft.queue.depth", () => _queuedProposals?.Invoke() ?? 0, "{command}", "Commands that wait.");
        _meter.CreateObservableGauge(
            "spillway.raft.log.size", () => Volatile.Read(ref _logBytes), "By", "Bytes that the log's segments hold.");
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    internal bool CommitDurationEnabled => _commitDuration.Enabled;

    internal void ObserveQueue(Func<int> queuedProposals) => _queuedProposals = queuedProposals;

    internal void Flushed(TimeSpan duration) => _flushDuration.Record(duration.TotalSeconds);

    internal void Committed(TimeSpan duration) => _commitDuration.Record(duration.TotalSeconds);

    internal void EntryApplied(int commandCount, int writtenBytes, long logBytes)
    {
        _entries.Add(1);
        _commands.Add(commandCount);
        _entryCommands.Record(commandCount);
        _writtenBytes.Add(writtenBytes);
        Volatile.Write(ref _logBytes, logBytes);
    }

    internal void SnapshotCaptured(TimeSpan duration) => _snapshotCaptureDuration.Record(duration.TotalSeconds);

    internal void SnapshotWritten(TimeSpan duration, long contentBytes)
    {
        _snapshotDuration.Record(duration.TotalSeconds);
        _snapshotBytes.Record(contentBytes);
    }

    internal void SnapshotFailed() => _snapshotFailures.Add(1);
}
