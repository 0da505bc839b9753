using System.Diagnostics.Metrics;
using Spillway.Raft.Core;

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
    private readonly Histogram<double> _fetchDuration;
    private readonly Histogram<long> _fetchBytes;
    private readonly Counter<long> _fetchFailures;
    private readonly Counter<long> _snapshotsServed;
    private readonly Counter<long> _elections;
    private readonly Counter<long> _leaderChanges;
    private Func<int>? _queuedProposals;
    private Measurement<long>[] _lags = [];
    private ulong _term;
    private int _role;
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
        _fetchDuration = _meter.CreateHistogram(
            "spillway.raft.snapshot.fetch.duration", "s", "Fetching one snapshot from another node, verified.",
            advice: DurationBuckets);
        _fetchBytes = _meter.CreateHistogram<long>(
            "spillway.raft.snapshot.fetch.size", "By", "Content of one fetched snapshot.");
        _fetchFailures = _meter.CreateCounter<long>(
            "spillway.raft.snapshot.fetch.failures", "{snapshot}", "Snapshots that could not be fetched, or were not whole.");
        _snapshotsServed = _meter.CreateCounter<long>(
            "spillway.raft.snapshot.served", "{snapshot}", "Snapshots that other nodes fetched here, by whether they got them.");
        _elections = _meter.CreateCounter<long>(
            "spillway.raft.elections", "{election}", "Elections that this node stood in.");
        _leaderChanges = _meter.CreateCounter<long>(
            "spillway.raft.leader.changes", "{change}", "Leaders that this node came to follow, or to be.");
        _meter.CreateObservableGauge(
            "spillway.raft.role", () => Volatile.Read(ref _role), null,
            "This node: 0 follower, 1 candidate, 2 leader, 3 learner.");
        _meter.CreateObservableGauge(
            "spillway.raft.term", () => (long)Volatile.Read(ref _term), null, "The term of the group.");
        _meter.CreateObservableGauge(
            "spillway.raft.follower.lag", () => Volatile.Read(ref _lags), "{entry}",
            "How far each other member is behind; told by the leader.");
        _meter.CreateObservableGauge(
            "spillway.raft.queue.depth", () => _queuedProposals?.Invoke() ?? 0, "{command}", "Commands that wait.");
        _meter.CreateObservableGauge(
            "spillway.raft.log.size", () => Volatile.Read(ref _logBytes), "By", "Bytes that the log's segments hold.");
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    internal bool CommitDurationEnabled => _commitDuration.Enabled;

    internal void ObserveQueue(Func<int> queuedProposals) => _queuedProposals = queuedProposals;

    internal void Flushed(TimeSpan duration, long logBytes)
    {
        _flushDuration.Record(duration.TotalSeconds);
        Volatile.Write(ref _logBytes, logBytes);
    }

    internal void Committed(TimeSpan duration) => _commitDuration.Record(duration.TotalSeconds);

    internal void EntryApplied(int commandCount, int entryBytes)
    {
        _entries.Add(1);
        _commands.Add(commandCount);
        _entryCommands.Record(commandCount);
        _writtenBytes.Add(entryBytes);
    }

    internal void LeadershipChanged(LeadershipState before, LeadershipState now)
    {
        Volatile.Write(ref _role, (int)now.Role);
        Volatile.Write(ref _term, now.Term);
        if (now.LeaderId != 0 && (now.LeaderId, now.Term) != (before.LeaderId, before.Term))
        {
            _leaderChanges.Add(1);
        }
    }

    internal void ElectionBegun() => _elections.Add(1);

    /// <summary>Called on the log's thread with each tick; what observers are told until the next one.</summary>
    internal void ObserveGroup(IRaftCore core)
    {
        var last = core.LastIndex;
        Volatile.Write(ref _lags, core.Role == RaftRole.Leader
            ? [.. core.Followers().Select(follower => new Measurement<long>(
                (long)(last - follower.MatchIndex), new KeyValuePair<string, object?>("node", follower.NodeId)))]
            : []);
    }

    internal void SnapshotCaptured(TimeSpan duration) => _snapshotCaptureDuration.Record(duration.TotalSeconds);

    internal void SnapshotWritten(TimeSpan duration, long contentBytes)
    {
        _snapshotDuration.Record(duration.TotalSeconds);
        _snapshotBytes.Record(contentBytes);
    }

    internal void SnapshotFailed() => _snapshotFailures.Add(1);

    internal void SnapshotFetched(TimeSpan duration, long contentBytes)
    {
        _fetchDuration.Record(duration.TotalSeconds);
        _fetchBytes.Record(contentBytes);
    }

    internal void SnapshotFetchFailed() => _fetchFailures.Add(1);

    internal void SnapshotServed(bool delivered) =>
        _snapshotsServed.Add(1, new KeyValuePair<string, object?>("delivered", delivered));
}
