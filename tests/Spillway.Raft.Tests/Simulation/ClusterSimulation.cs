using System.Globalization;
using System.Text;

namespace Spillway.Raft.Tests.Simulation;

/// <summary>
/// One seed's life of a cluster: clients, an operator and harm for a while, then peace, in which everyone must come to
/// agree and work must go on. The checker watches all the time. The whole of it is one thread and a function of the seed.
/// </summary>
internal sealed class ClusterSimulation : IDisposable
{
    private static readonly TimeSpan CheckEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan HealsWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(10);
    private const int LastCommands = 5;

    private readonly Cluster _cluster;
    private readonly Workload _workload;
    private readonly Operator _operator;
    private readonly Nemesis _nemesis;

    public ClusterSimulation(int seed, SimulationSetup? setup = null)
    {
        _cluster = new Cluster(seed, setup ?? new SimulationSetup());
        _workload = new Workload(_cluster, _cluster.RandomFor(2));
        _operator = new Operator(_cluster, _cluster.RandomFor(3));
        _nemesis = new Nemesis(_cluster, _cluster.RandomFor(4));
    }

    /// <summary>Of all messages: two runs of one seed have the same.</summary>
    public ulong MessageHash => _cluster.Network.Hash;

    public SimulationCounts Counts => new()
    {
        Seeds = 1,
        Acknowledged = _cluster.Checker.Acknowledged,
        Unknown = _cluster.Checker.Unknown,
        Refused = _cluster.Checker.Refused,
        Reads = _cluster.Checker.Reads,
        Terms = _cluster.Checker.Terms,
        Starts = _cluster.Starts,
        Messages = _cluster.Network.Sent,
        MessagesLost = _cluster.Network.Lost,
        SnapshotsFetched = _cluster.Network.SnapshotsFetched,
        FetchesBroken = _cluster.Network.FetchesBroken,
        CrashesBetweenSendAndFlush = _cluster.CrashesBetweenSendAndFlush,
        Faults = new SortedDictionary<string, long>(_nemesis.Faults),
        MemberChanges = new SortedDictionary<string, long>(_operator.Changes),
    };

    public void Dispose() => _cluster.Dispose();

    public void Run()
    {
        var outside = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(new SimulationContext(_cluster.Clock));
        try
        {
            RunInside();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outside);
        }
    }

    private void RunInside()
    {
        foreach (var node in _cluster.Nodes.ToList())
        {
            node.Start();
        }

        _workload.Begin();
        _nemesis.Begin();
        if (_cluster.Setup.ChangesMembers)
        {
            _operator.Begin();
        }

        _cluster.Clock.RunUntil(_cluster.Setup.Duration);
        _workload.Stop();
        _nemesis.Stop();
        _operator.Finish();
        RunUntilHealed();
        ProposeAndRead();
        RunUntilHealed();
        FinishSnapshots();
        Conclude();
    }

    private void RunUntilHealed()
    {
        var deadline = _cluster.Clock.Now + HealsWithin;
        for (var unhealed = FindUnhealed(); unhealed is not null; unhealed = FindUnhealed())
        {
            _cluster.Checker.Require(_cluster.Clock.Now < deadline, HistoryRule.Heals,
                $"{unhealed}{Environment.NewLine}{Describe()}");
            _cluster.Clock.RunUntil(_cluster.Clock.Now + CheckEvery);
        }
    }

    private string? FindUnhealed()
    {
        if (!_operator.IsIdle)
        {
            return "a change of membership does not come to its end";
        }

        if (_cluster.Leader?.Process is not { } leader)
        {
            return "nobody leads";
        }

        foreach (var member in leader.Membership.Members)
        {
            if (_cluster.Nodes.FirstOrDefault(node => node.Id == member.NodeId)?.Process is not { } process)
            {
                return $"member {member.NodeId} does not run";
            }

            if (process != leader && process.IsLeader)
            {
                return $"nodes {leader.NodeId} and {process.NodeId} lead";
            }

            if (process.AppliedIndex != leader.AppliedIndex || process.LeaderId != leader.NodeId)
            {
                return $"node {process.NodeId} does not follow node {leader.NodeId}";
            }
        }

        return null;
    }

    // A hand-over that was asked for at the last moment may still hold proposals up for an election time-out.
    private void ProposeAndRead()
    {
        var deadline = _cluster.Clock.Now + AnswersWithin;
        for (var left = LastCommands; left > 0;)
        {
            _cluster.Checker.Require(_cluster.Clock.Now < deadline, HistoryRule.Heals,
                $"all is well, and commands or reads fail{Environment.NewLine}{Describe()}");
            var leader = _cluster.Leader?.Process;
            Task[] answers = leader is null ? [] : [_workload.Propose(leader, 100), leader.Read()];
            _cluster.Clock.RunUntil(_cluster.Clock.Now + CheckEvery);
            left -= answers.Length > 0 && Array.TrueForAll(answers, static answer => answer.IsCompletedSuccessfully) ? 1 : 0;
        }
    }

    // What a node keeps in memory is bounded by the last snapshot that is written, not by one whose thread is still slow.
    private void FinishSnapshots()
    {
        var deadline = _cluster.Clock.Now + AnswersWithin;
        while (_cluster.Nodes.Any(static node => node.Process is { HasAsides: true }))
        {
            _cluster.Checker.Require(_cluster.Clock.Now < deadline, HistoryRule.NothingHangs, "a snapshot is not written");
            _cluster.Clock.RunUntil(_cluster.Clock.Now + CheckEvery);
        }
    }

    private void Conclude()
    {
        var leader = _cluster.Leader!.Process!;
        foreach (var id in _cluster.RemovedNodes)
        {
            _cluster.Checker.Require(leader.Membership.Find(id) is null, HistoryRule.StaysUp,
                $"node {id} took itself for removed, and is a member");
        }

        foreach (var node in _cluster.Nodes.Where(node => leader.Membership.Find(node.Id) is not null))
        {
            var process = node.Process!;
            _cluster.Checker.OnSettled(node.Id, process.CommandCount);
            _cluster.Checker.Require(
                process.OldestWait is not { } since || _cluster.Clock.Now - since < AnswersWithin,
                HistoryRule.NothingHangs, $"node {node.Id} has not answered since {process.OldestWait}");
            _cluster.Checker.Require(process.EntriesKept <= _cluster.Settings.EntriesKeptMax, HistoryRule.BoundedMemory,
                $"node {node.Id} keeps {process.EntriesKept} entries");
        }
    }

    /// <summary>The cluster in a few lines, for whoever looks into a failing seed.</summary>
    private string Describe()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture,
            $"  at {_cluster.Clock.Now}: {_cluster.Checker.Applied} commands; operator: {_operator}");
        foreach (var node in _cluster.Nodes)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {node}");
        }

        return text.ToString();
    }
}
