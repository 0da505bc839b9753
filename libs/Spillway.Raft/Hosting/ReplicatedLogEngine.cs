using Spillway.Raft.Core;
using Spillway.Raft.Segments;
using Spillway.Raft.Snapshots;

namespace Spillway.Raft.Hosting;

/// <summary>
/// What the log's thread does, as steps: take everything that waits, let the core decide, carry out what it says in the one
/// order that is safe (<see cref="Handle"/>). Single-threaded, except where a member says otherwise; any exception out of a
/// step is final. Each part of the file has one aspect.
/// </summary>
internal sealed partial class ReplicatedLogEngine : IDisposable
{
    private const int TicksOutsideMax = 200;

    private readonly ReplicatedLogOptions _options;
    private readonly IReplicatedStateMachine _stateMachine;
    private readonly ReplicatedLogSeams _seams;
    private readonly LogInbox _inbox;
    private readonly ReplicatedLogMetrics _metrics;
    private readonly LogIntake _intake = new();
    private readonly PendingEntries _pending = new();
    private readonly ReadRounds _reads;
    private readonly PeerActivity _activity;
    private readonly TrailingEntries _trailing;

    // Set by Recover, all of them at once.
    private Started? _started;
    private int _ticksOutside;
    private ulong _pendingTerm;
    private ulong _tag;
    private ulong _appliedIndex;
    private ulong _appliedTerm;

    // By which entry this node was removed from its group.
    private ulong? _removedBy;

    public ReplicatedLogEngine(
        ReplicatedLogOptions options,
        IReplicatedStateMachine stateMachine,
        ReplicatedLogSeams seams,
        LogInbox inbox,
        ReplicatedLogMetrics metrics)
    {
        _options = options;
        _stateMachine = stateMachine;
        _seams = seams;
        _inbox = inbox;
        _metrics = metrics;
        _reads = new ReadRounds(options.NodeId, seams.ProcessEpoch, options.ElectionTicks);
        _activity = new PeerActivity(options.ElectionTicks);
        _trailing = new TrailingEntries(options.TrailingEntries, options.TrailingBytes);
    }

    /// <summary>The last index that is applied and published. Read by any thread.</summary>
    public ulong AppliedIndex => Volatile.Read(ref _appliedIndex);

    public FolderIdentity? Identity { get; private set; }

    private IRaftCore Core => Running.Core;

    private Started Running => _started ?? throw new InvalidOperationException("The log has not recovered.");

    /// <summary>
    /// Brings the state to where it is known to be committed, and begins to take part in the group. A group of one elects
    /// itself at once, which commits all that is durable; so it leads when this returns.
    /// </summary>
    public void Recover()
    {
        _seams.Folder.Lock();
        var begun = _seams.Time.GetTimestamp();
        var folder = new LogStart(_options, _stateMachine, _seams.Folder, _seams.ProcessEpoch, _seams.Logger).Run();
        Identity = folder.Identity;
        CheckMembership(folder.Membership);

        var log = new SegmentedLog(
            _seams.Folder, folder.Identity, _options.SegmentBytes, folder.Log, _seams.Rules);
        log.OpenSegment();
        var core = _seams.CreateCore(CoreOptions(), folder.ToCoreState(), _seams.Random);
        _started = new Started(this, folder, core, log);
        (_appliedIndex, _appliedTerm) = (folder.SnapshotId.Index, folder.SnapshotId.Term);
        _trailing.BeginBehind(folder.SnapshotId.Index);
        SetMembership(folder.Membership);
        Drain();

        _seams.Transport?.StartAsync(this, CancellationToken.None).GetAwaiter().GetResult();
        _started.IsServing = true;
        SetMembership(core.Membership);
        if (IsSoleVoter)
        {
            core.Campaign();
            Drain();
        }

        _started.IsRecovered = true;
        Publish(_appliedIndex);
        PublishLeadership();
        Log.Recovered(
            _seams.Logger, _options.NodeId, folder.Identity.ClusterId, folder.SnapshotId.Index,
            folder.Log.Entries.Count, log.LastIndex, core.Term, core.Membership.Members.Count,
            _seams.Time.GetElapsedTime(begun).TotalMilliseconds);
    }

    /// <summary>One step: everything that waits, but of the proposals one entry's. False when there was nothing.</summary>
    public bool RunOnce()
    {
        if (!_inbox.TryTake(_intake))
        {
            return false;
        }

        foreach (var message in _intake.Messages)
        {
            Step(message);
        }

        for (; _intake.Ticks > 0; _intake.Ticks--)
        {
            Tick();
        }

        foreach (var (call, _) in _intake.Calls)
        {
            call();
        }

        TakeReads();
        Propose();
        Drain();
        Running.Snapshots.StartIfDue(new SnapshotId(_appliedIndex, _appliedTerm), _seams.Rules.InSnapshot(Core.Membership));
        return true;
    }

    public void RequestSnapshot(TaskCompletionSource request) => Running.Snapshots.Request(request);

    /// <summary>An orderly end.</summary>
    public void Close(ReplicatedLogException reason)
    {
        SetLeadership(CurrentLeadership() is { IsLeader: false } other
            ? other with { Role = RaftRole.Follower }
            : new LeadershipState(RaftRole.Follower, Core.Term, 0, null));
        EndLeadership(reason.Message);
        Running.Stop(reason);
        Running.Log.Close();
    }

    /// <summary>The other end: what was being written may or may not be in the log.</summary>
    public void Fail(ReplicatedLogException reason)
    {
        SetLeadership(new LeadershipState(RaftRole.Follower, _started?.Core.Term ?? 0, 0, null));
        _pending.FailAll(() => new ProposalUnknownException(
            "The log failed while the command was being written.", reason));
        _intake.Batch?.Fail(new LogFailedException("The replicated log has failed.", reason));
        _intake.Calls.ForEach(call => call.Failed?.Invoke(reason));
        _reads.Add(_intake.Reads);
        _reads.FailAll(() => new LogFailedException("The replicated log has failed.", reason));
        _started?.Changes.FailAll(unknown => unknown
            ? new ProposalUnknownException("The log failed while the change was being written.", reason)
            : new LogFailedException("The replicated log has failed.", reason));
        _started?.Transfer.End(false);
        _started?.Stop(reason);
        _intake.Clear();
        if (reason is NodeRemovedException removed)
        {
            Log.Removed(_seams.Logger, removed.Message);
        }
        else if (reason is not LogFolderInUseException)
        {
            // A folder in use is for whoever starts the log to tell; nothing has failed.
            Log.Failed(_seams.Logger, reason, _options.Folder);
        }
    }

    public void Dispose()
    {
        _started?.Dispose();
        _seams.Folder.Dispose();
    }

    private void Step(RaftMessage message)
    {
        if (Core.Membership.Members.Count > 0)
        {
            _activity.Heard(message.From);
            Core.Step(message);
            return;
        }

        // A node that knows no group yet is nobody's voter. If it is taken for one, it has lost its folder, and with it what
        // it voted and acknowledged: its vote could elect a leader that lacks what it had, and its word could confirm one
        // that it had helped to replace. So it says nothing that counts until a snapshot tells it who it is.
        if (message.Kind is not (RaftMessageKind.Vote or RaftMessageKind.PreVote or RaftMessageKind.TimeoutNow))
        {
            _activity.Heard(message.From);
            Core.Step(message with { Read = default });
        }
    }

    private void Tick()
    {
        Core.Tick();
        _activity.Tick();
        _reads.Tick();
        Running.Transfer.Tick();
        if (Leadership.IsLeader && !IsSoleVoter)
        {
            _reads.WantContact();
        }

        if (Leadership.IsLeader && _options.Address.Length > 0)
        {
            Running.Changes.Readdress(_options.NodeId, _options.Address, _options.ServiceAddress);
        }

        WarnIfNotLetIn();
        _metrics.ObserveGroup(Core);
    }

    // The leader that saw it lose its folder takes what it says for old, and offers no snapshot; the next leader will.
    private void WarnIfNotLetIn()
    {
        if (Core.Membership.Members.Count > 0 || Core.LeaderId == 0)
        {
            _ticksOutside = 0;
        }
        else if (++_ticksOutside == TicksOutsideMax)
        {
            Log.NotLetIn(_seams.Logger, _options.NodeId, Core.LeaderId);
        }
    }

    private void TakeReads()
    {
        _reads.Add(_intake.Reads);
        if (!Leadership.IsLeader)
        {
            // They came while it led.
            _reads.FailAll(() => new LeadershipLostException("This node does not lead any more.", Leadership));
        }
    }

    private void Propose()
    {
        if (_intake.Batch is not { } batch)
        {
            return;
        }

        var tag = NextTag();
        if (Core.TryPropose(batch.ToPayload(_options.NodeId, _seams.ProcessEpoch, tag)))
        {
            _pendingTerm = Core.Term;
            _pending.Add(_seams.Rules.PendingKey(tag, Core.LastIndex), batch.TakeProposals(_pending.Empty()));
        }
        else
        {
            batch.Fail(Core.Role == RaftRole.Leader && !Running.Transfer.IsUnderWay
                ? new LogOverloadedException("As many bytes wait for a majority as may, or this leader is about to leave.")
                : new LeadershipLostException("This node does not lead (any more).", CurrentLeadership()));
        }

        _intake.Batch = null;
        _inbox.Return(batch);
    }

    private ulong NextTag() => ++_tag;

    private RaftCoreOptions CoreOptions() => new(_options.NodeId)
    {
        ElectionTicks = _options.ElectionTicks,
        HeartbeatTicks = _options.HeartbeatTicks,
    };

    private void CheckMembership(Membership membership)
    {
        if (membership.Members.Count > 0 && membership.Find(_options.NodeId) is null)
        {
            throw new NodeRemovedException($"Node {_options.NodeId} is no member of its group any more.");
        }

        if (_seams.Transport is null && (_options.Join || membership.Members.Count > 1))
        {
            throw new LogFailedException(
                $"Node {_options.NodeId} belongs to a group of several nodes, and has no transport to reach them by.");
        }
    }

    /// <summary>The parts that exist from recovery on.</summary>
    private sealed class Started : IDisposable
    {
        public Started(ReplicatedLogEngine engine, StartedFolder folder, IRaftCore core, SegmentedLog log)
        {
            var seams = engine._seams;
            var options = engine._options;
            Core = core;
            Log = log;
            Store = folder.Store;
            Snapshots = new SnapshotCycle(
                folder.Store, log, seams.Folder, engine._stateMachine, options, engine._metrics, seams.Time,
                seams.RunAside, engine._inbox.PostInner);
            Snapshots.BeginBehind(folder.SnapshotId.Index, folder.Snapshot?.ContentBytes ?? 0);
            Snapshots.Finished += engine.OnSnapshot;
            Changes = new MembershipChanges(
                options.NodeId, seams.ProcessEpoch, core, engine._activity, engine.NextTag);
            Transfer = new LeadershipTransfer(options.NodeId, core, engine._activity, options.ElectionTicks);
            Fetch = seams.Transport is null ? null : new SnapshotFetch(
                folder.Store, seams.Transport, seams.RunAside, engine._inbox.PostInner, engine.Install,
                engine._metrics, seams.Time, seams.Logger, seams.Rules);
            NamesMembers = folder.SnapshotId.Index > 0 || folder.Membership.Members.Count == 0;
            if (!NamesMembers)
            {
                Snapshots.Demand();
            }
        }

        public IRaftCore Core { get; }

        public SegmentedLog Log { get; }

        public SnapshotStore Store { get; }

        public SnapshotCycle Snapshots { get; }

        public MembershipChanges Changes { get; }

        public LeadershipTransfer Transfer { get; }

        public SnapshotFetch? Fetch { get; }

        /// <summary>Whether the transport has started.</summary>
        public bool IsServing { get; set; }

        /// <summary>Whether what is applied is published entry by entry; recovery does it once.</summary>
        public bool IsRecovered { get; set; }

        /// <summary>False in a log from before groups until its first snapshot: nothing yet tells a new node who is in.</summary>
        public bool NamesMembers { get; set; }

        /// <summary>Whether a log that is stopping has begun to hand leadership over.</summary>
        public bool HandsOver { get; set; }

        /// <summary>When a log that is stopping stops whatever happens; null while it is not.</summary>
        public long? StopTimestamp { get; set; }

        public void Stop(ReplicatedLogException reason)
        {
            Fetch?.Stop();
            Snapshots.Stop(reason);
        }

        public void Dispose()
        {
            Snapshots.Dispose();
            Log.Dispose();
        }
    }
}
