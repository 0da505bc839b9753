using Microsoft.Extensions.Logging.Abstractions;
using Spillway.Raft.Core;
using Spillway.Raft.Hosting;
using Spillway.Raft.Tests.Support;

namespace Spillway.Raft.Tests.Simulation;

/// <summary>
/// One life of a node: the real log, stepped on the simulation's thread. It has work when something came in; a step
/// takes as long as its flushes do, and meanwhile what comes in waits. Ends in a crash, a failing disk, or for good.
/// </summary>
internal sealed partial class NodeProcess : ISimulatedProcess, IDisposable
{
    private readonly Cluster _cluster;
    private readonly SimulatedNode _node;
    private readonly int _life;
    private readonly int _generation;
    private readonly SimulatedTransport _transport;
    private readonly CheckedJournal _journal;
    private readonly ReplicatedLog _log;
    private readonly TestMeterFactory _meters = new();

    private RaftCore? _core;
    private TimeSpan _busyUntil;
    private bool _scheduled;
    private bool _paused;
    private bool _inside;
    private Exception? _failure;
    private ulong _ledTerm;

    public NodeProcess(Cluster cluster, SimulatedNode node)
    {
        _cluster = cluster;
        _node = node;
        _life = node.Life;
        _transport = new SimulatedTransport(cluster.Network, this);
        _journal = new CheckedJournal(node.Id, cluster.Checker);
        var folder = node.Disk.NewProcess();
        _generation = node.Disk.Generation;
        _log = new ReplicatedLog(cluster.Settings.For(node), _journal, new ReplicatedLogSeams
        {
            Folder = folder,
            Transport = _transport,
            CreateCore = CreateCore,
            Random = new Random(node.Random.Next()),
            ProcessEpoch = (ulong)node.Random.NextInt64(),
            Time = cluster.Clock,
            RunAside = RunAside,
            Logger = NullLogger.Instance,
            Meters = _meters,
            Rules = cluster.Setup.HostRules,
        });
    }

    public ulong NodeId => _node.Id;

    /// <summary>Whether nothing comes from it any more.</summary>
    public bool HasEnded { get; private set; }

    public bool IsLeader => _core?.Role == RaftRole.Leader;

    public ulong Term => _core?.Term ?? 0;

    public ulong LeaderId => _core?.LeaderId ?? 0;

    public ulong AppliedIndex => _log.AppliedIndex;

    public Membership Membership => _core?.Membership ?? Membership.Empty;

    /// <summary>Entries that its core keeps in memory.</summary>
    public ulong EntriesKept => _core is null ? 0 : _core.LastIndex + 1 - _core.FirstIndex;

    /// <summary>Commands in the state.</summary>
    public int CommandCount => _journal.Count;

    /// <summary>The process starts: reads what its disk holds, then begins to tick.</summary>
    public void Begin()
    {
        if (_cluster.HasFaults && _node.Random.Next(8) == 0)
        {
            _node.Disk.CrashAfter(_node.Random.Next(25));
        }

        Enter(_log.Recover);
        Tick();
    }

    /// <summary>The end: whatever it was about to do, it does not do. Its log is not disposed, as nobody is there to.</summary>
    public void Dispose()
    {
        HasEnded = true;
        _transport.Close();
        ForgetPending();
        _meters.Dispose();
    }

    public void Enter(Action work)
    {
        Do(work);
        Wake();
    }

    private void Do(Action work)
    {
        if (HasEnded)
        {
            return;
        }

        if (_inside)
        {
            work(); // a step of the log's thread in the midst of another thread's work, or what a step set off
            return;
        }

        _inside = true;
        var failure = Caught(work) ?? _failure;
        _inside = false;
        Settle();
        _cluster.Checker.ThrowIfViolated();
        if (_node.Disk.Generation != _generation)
        {
            _node.Crash();
        }
        else if (failure is not null)
        {
            Fail(failure);
        }
    }

    public void HasSent(IReadOnlyList<RaftMessage> messages)
    {
        if (_node.CrashesBetweenSendAndFlush && IsLeader
            && messages.Any(static message => message.Entries.Count > 0))
        {
            _node.CrashesBetweenSendAndFlush = false;
            _node.Disk.CrashAtNextFlush = _node.Random.Next(2) == 0 ? FlushCrash.Before : FlushCrash.Middle;
            _cluster.CrashesBetweenSendAndFlush++;
        }
    }

    public void HasFetched()
    {
        if (_cluster.HasFaults && _node.Random.Next(6) == 0)
        {
            _node.Disk.CrashAfter(_node.Random.Next(20));
        }
    }

    /// <summary>Somebody else ends it, and what it has answered by now has been answered.</summary>
    public void Kill() => _node.Crash();

    /// <summary>The process stands still; its clock does not.</summary>
    public void Pause() => _paused = true;

    public void Resume()
    {
        _paused = false;
        Wake();
    }

    public override string ToString() => $"{_core?.Role} of term {Term}, leader {LeaderId}, applied {AppliedIndex}, "
        + $"committed {_core?.CommitIndex}, last {_core?.LastIndex}, {CommandCount} commands, "
        + $"{_pending.Count} wait{(_paused ? ", paused" : "")}; members "
        + string.Join(' ', Membership.Members.Select(static member => $"{member.NodeId}{(member.Voter ? "" : "L")}"));

    private RaftCore CreateCore(RaftCoreOptions options, RaftCoreState state, Random random) =>
        _core = new RaftCore(
            _cluster.Settings.Narrow(options), _cluster.Setup.Remembers(state), random, _cluster.Setup.Rules);

    // What the process's own clock does: after a pause the log makes up for three at most.
    private void Tick()
    {
        if (!HasEnded)
        {
            _log.Tick();
            Wake();
            _cluster.Clock.After(_cluster.Settings.TickInterval, Tick);
        }
    }

    private void Wake()
    {
        if (!_scheduled && !_paused && !HasEnded)
        {
            _scheduled = true;
            var wait = _busyUntil - _cluster.Clock.Now;
            _cluster.Clock.After(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Run);
        }
    }

    private void Run()
    {
        _scheduled = false;
        if (_paused || HasEnded)
        {
            return;
        }

        var flushes = _node.Disk.Flushes;
        var more = false;
        Do(() => more = _log.RunOnce());
        var ended = _node.Disk.Flushes - flushes;
        _busyUntil = _cluster.Clock.Now + (_node.FlushTime * (ended * _node.Random.NextDouble() * 2));
        if (more)
        {
            Wake();
        }
    }

    // The disk has failed, so the process stops; its machine goes on, and what the file system still holds is there
    // for the next life. Or the node was removed: then it has no next life.
    private void Fail(Exception failure)
    {
        _cluster.Checker.Require(ForgetfulDisk.IsSimulated(failure) || failure is NodeRemovedException, HistoryRule.StaysUp,
            $"node {NodeId} stops: {failure}");
        EndAsides();
        _log.Fail(failure);
        Settle();
        _cluster.Checker.Require(
            _pending.TrueForAll(static pending => pending.Task is not Task<ProposalResult>), HistoryRule.NothingHangs,
            $"node {NodeId} fails and leaves {_pending.Count} waiting");
        if (failure is NodeRemovedException)
        {
            _cluster.RemovedNodes.Add(NodeId);
            _node.Retire();
        }
        else
        {
            _node.Crash();
        }
    }

    private static Exception? Caught(Action work)
    {
        try
        {
            work();
            return null;
        }
        catch (Exception exception) when (exception is not HistoryViolationException)
        {
            return exception;
        }
    }
}
