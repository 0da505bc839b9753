using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Spillway.Raft.Files;
using Spillway.Raft.Segments;
using Spillway.Raft.Snapshots;

namespace Spillway.Raft.Hosting;

/// <summary>
/// What the log's thread does, as steps: recover, then one entry after the other. A group of one voter: an entry is
/// committed when it is durable here. The order of a step is the one a larger group needs too (raise nothing before
/// it is durable): append, flush, apply, publish, answer. Single-threaded; any exception out of a step is final.
/// </summary>
internal sealed partial class SingleNodeEngine : IDisposable
{
    private readonly ReplicatedLogOptions _options;
    private readonly IReplicatedStateMachine _stateMachine;
    private readonly ILogFolder _folder;
    private readonly SingleNodeInbox _inbox;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ReplicatedLogMetrics _metrics;
    private readonly Func<Action, Task> _runAside;
    private readonly ulong _processEpoch = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8));

    private SegmentedLog? _log;
    private SnapshotCycle? _snapshots;
    private ProposalBatch? _inFlight;
    private ulong _term;
    private ulong _tag;
    private ulong _appliedIndex;

    public SingleNodeEngine(
        ReplicatedLogOptions options,
        IReplicatedStateMachine stateMachine,
        ILogFolder folder,
        SingleNodeInbox inbox,
        TimeProvider time,
        ILogger logger,
        ReplicatedLogMetrics metrics,
        Func<Action, Task> runAside)
    {
        _options = options;
        _stateMachine = stateMachine;
        _folder = folder;
        _inbox = inbox;
        _time = time;
        _logger = logger;
        _metrics = metrics;
        _runAside = runAside;
    }

    /// <summary>The last index that is applied and published. Read by any thread.</summary>
    public ulong AppliedIndex => Volatile.Read(ref _appliedIndex);

    public ulong Term => _term;

    public FolderIdentity? Identity { get; private set; }

    /// <summary>Brings the state to where the log ends, and takes the log over under a new term.</summary>
    public void Recover()
    {
        _folder.Lock();
        Identity = FolderIdentity.Establish(_folder, _options);

        var started = _time.GetTimestamp();
        var store = new SnapshotStore(_folder, Identity);
        var unusable = new List<ulong>();
        var snapshot = LoadNewestSnapshot(store, unusable);
        var recovered = new LogRecovery(_folder, Identity, snapshot?.Id ?? default).Run();
        if (recovered.TornBytes > 0)
        {
            Log.TornEndCut(_logger, recovered.TornBytes, recovered.LastIndex);
        }

        Replay(recovered, snapshot?.Id.Index ?? 0);
        foreach (var index in unusable)
        {
            // The log made up for it; as evidence it stays, as a snapshot it must not count towards the two kept.
            _folder.Rename(SnapshotHeader.NameOf(index), SnapshotHeader.NameOf(index) + ".bad");
        }

        // A group of one elects itself: a new term and its own vote, durable before anything is proposed in it.
        _term = Math.Max(recovered.HardState.Term, recovered.LastTerm) + 1;
        _log = new SegmentedLog(_folder, Identity, _options.SegmentBytes, recovered);
        _log.OpenSegment(HardStateNow());
        _snapshots = new SnapshotCycle(
            store, _log, _folder, _stateMachine, _options, _metrics, _time, _runAside,
            call => _inbox.Post(call));
        _snapshots.Begin(snapshot, recovered);
        _snapshots.Finished += LogSnapshot;
        Log.Recovered(
            _logger, _options.NodeId, Identity.ClusterId, snapshot?.Id.Index ?? 0, recovered.Entries.Count,
            recovered.LastIndex, _term, _time.GetElapsedTime(started).TotalMilliseconds);
    }

    /// <summary>One step: a call that was posted, or one entry. True while there is more to do.</summary>
    public bool RunOnce()
    {
        if (!_inbox.TryTake(out var call, out var batch))
        {
            return false;
        }

        call?.Invoke();
        if (batch is not null)
        {
            _inFlight = batch;
            Commit(batch);
            _inFlight = null;
            _inbox.Return(batch);
        }

        _snapshots!.StartIfDue(new SnapshotId(_appliedIndex, _log!.LastTerm));
        return true;
    }

    public void RequestSnapshot(TaskCompletionSource request) => _snapshots!.Request(request);

    /// <summary>An orderly end: everything taken was committed before.</summary>
    public void Close(ReplicatedLogException reason)
    {
        _snapshots?.Stop(reason);
        _log?.Close();
    }

    /// <summary>The other end: what was being written may or may not be in the log.</summary>
    public void Fail(ReplicatedLogException reason)
    {
        _inFlight?.Fail(new ProposalUnknownException("The log failed while the command was being written.", reason));
        _inFlight = null;
        _snapshots?.Stop(reason);
    }

    public void Dispose()
    {
        _snapshots?.Dispose();
        _log?.Dispose();
        _folder.Dispose();
    }

    private SnapshotHeader? LoadNewestSnapshot(SnapshotStore store, List<ulong> unusable)
    {
        foreach (var index in store.List())
        {
            if (store.Verify(index, out var reason) is { } header)
            {
                store.Load(header, _stateMachine.LoadSnapshot);
                return header;
            }

            Log.SnapshotUnusable(_logger, Path.Combine(_folder.Path, SnapshotHeader.NameOf(index)), reason);
            unusable.Add(index);
        }

        return null;
    }

    // Of a group of one everything durable is committed, acknowledged or not.
    private void Replay(RecoveredLog recovered, ulong snapshotIndex)
    {
        foreach (var (header, payload) in recovered.Entries)
        {
            if (header.Type != LogEntryType.Commands)
            {
                throw new LogFailedException(
                    $"Entry {header.Index} is of type {(byte)header.Type}, which is not known.");
            }

            var position = LogEntryHeader.Bytes;
            for (var i = 0; i < header.CommandCount; i++)
            {
                var length = BinaryPrimitives.ReadInt32LittleEndian(payload.AsSpan(position));
                position += sizeof(int);
                _stateMachine.Apply(header.Index, payload.AsMemory(position, length));
                position += length;
            }
        }

        Publish(Math.Max(recovered.LastIndex, snapshotIndex));
    }

    private void Commit(ProposalBatch batch)
    {
        var index = _log!.LastIndex + 1;
        batch.WriteEntryHeader(new LogEntryHeader(
            index, _term, LogEntryType.Commands, batch.Proposals.Count, _options.NodeId, _processEpoch, ++_tag));
        _log.Append(batch.Record, batch.PayloadBytes, index, _term, HardStateNow());

        var started = _time.GetTimestamp();
        _log.Flush();
        _metrics.Flushed(_time.GetElapsedTime(started));

        foreach (var proposal in batch.Proposals)
        {
            proposal.Result = _stateMachine.Apply(index, batch.CommandOf(proposal));
        }

        // Published before it is answered: whoever has an answer reads at least that state.
        Publish(index);
        Answer(batch, index);
        _snapshots!.Count(batch.PayloadBytes);
        _metrics.EntryApplied(batch.Proposals.Count, batch.Record.Length, _log.Bytes);
    }

    private void Publish(ulong index)
    {
        _stateMachine.OnGroupApplied(index);
        Volatile.Write(ref _appliedIndex, index);
    }

    private void Answer(ProposalBatch batch, ulong index)
    {
        var measured = _metrics.CommitDurationEnabled;
        foreach (var proposal in batch.Proposals)
        {
            proposal.Complete(index);
            if (measured)
            {
                _metrics.Committed(_time.GetElapsedTime(proposal.EnqueuedTimestamp));
            }
        }
    }

    private HardState HardStateNow() => new(_term, _options.NodeId, AppliedIndex);

    private void LogSnapshot(ulong index, long contentBytes, Exception? failure)
    {
        if (failure is null)
        {
            Log.SnapshotWritten(_logger, index, contentBytes);
        }
        else
        {
            Log.SnapshotFailed(_logger, failure, index);
        }
    }
}
