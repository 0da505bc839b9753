using Spillway.Raft.Core;

namespace Spillway.Raft.Tests.Core;

/// <summary>
/// Cores in bad weather: messages get lost, late and out of order; nodes crash before, after and in the middle of a write and
/// forget what was not flushed; links break; members come and go; leadership is handed over. One seed, one course of
/// events. Then the weather clears and the group must agree and work.
/// </summary>
internal sealed class CoreStorm
{
    private const int StormSteps = 700;
    private const int CalmSteps = 900;
    private const int StepsPerTick = 4;

    private readonly SortedDictionary<ulong, StormNode> _nodes = [];
    private readonly List<(int Due, RaftMessage Message)> _messages = [];
    private readonly HashSet<(ulong From, ulong To)> _cut = [];
    private readonly Random _random;
    private readonly RaftRules? _rules;
    private readonly Membership _initial;
    private readonly double _loss;
    private readonly double _crash;
    private readonly int _delayMax;
    private readonly bool _changes;
    private int _now;
    private bool _calm;
    private int _proposed;
    private ulong _newestId;

    public CoreStorm(int seed, RaftRules? rules = null)
    {
        _random = new Random(seed);
        _rules = rules;
        var voters = _random.Next(4) switch { 0 => 5, 1 => 1, _ => 3 };
        _loss = _random.Next(3) * 0.1;
        _crash = _random.Next(3) * 0.004;
        _delayMax = 1 + _random.Next(12);
        _changes = _random.Next(2) == 0;
        _newestId = (ulong)voters;
        _initial = new Membership([.. Enumerable.Range(1, voters)
            .Select(static id => new GroupMember((ulong)id, true, $"raft-{id}:1", ""))]);
        foreach (var member in _initial.Members)
        {
            Start(member.NodeId, CoreDisk.Bootstrapped(_initial));
        }
    }

    public StormWitness Witness { get; } = new();

    public void Run()
    {
        while (_now < StormSteps)
        {
            Step();
        }

        _calm = true;
        _cut.Clear();
        while (_now < StormSteps + CalmSteps)
        {
            Step();
        }

        CheckAgreement();
    }

    private void Step()
    {
        _now++;
        if (!_calm)
        {
            MakeTrouble();
        }

        Deliver();
        foreach (var node in _nodes.Values.ToArray())
        {
            if (!node.IsUp)
            {
                if (_calm || _random.Next(30) == 0)
                {
                    node.Restart();
                }

                continue;
            }

            if (_now % StepsPerTick == (int)node.Id % StepsPerTick)
            {
                node.Core.Tick();
            }

            Ask(node);
            if (_random.Next(4) != 0)
            {
                node.Work(_calm ? 0 : _crash);
            }

            Fetch(node);
        }
    }

    private void Ask(StormNode node)
    {
        if (node.Core.Role != RaftRole.Leader)
        {
            return;
        }

        if (_random.Next(4) == 0)
        {
            node.Host.Propose($"{_proposed++}");
        }

        if (_random.Next(6) == 0)
        {
            node.Read();
        }

        if (_random.Next(40) == 0)
        {
            node.Host.TakeSnapshot(_random.Next(6));
        }

        if (!_calm && _random.Next(150) == 0)
        {
            node.Core.TryTransferLeadership((ulong)_random.Next(1, (int)_newestId + 1));
        }

        if (_changes && !_calm && _random.Next(25) == 0)
        {
            Change(node);
        }
    }

    private void Change(StormNode node)
    {
        var kind = (MemberChangeKind)_random.Next(1, 5);
        var id = (ulong)_random.Next(1, (int)_newestId + 1);
        if (kind == MemberChangeKind.AddLearner)
        {
            if (node.Core.Membership.Members.Count >= 5 || _newestId >= 8)
            {
                return;
            }

            id = ++_newestId;
            Start(id, new CoreDisk());
        }

        node.Host.Propose(kind, id);
    }

    private void MakeTrouble()
    {
        if (_random.Next(60) == 0)
        {
            var ids = _nodes.Keys.ToArray();
            var from = ids[_random.Next(ids.Length)];
            foreach (var to in ids.Where(_ => _random.Next(2) == 0))
            {
                _cut.Add((from, to));
                if (_random.Next(2) == 0)
                {
                    _cut.Add((to, from));
                }
            }
        }

        if (_random.Next(40) == 0)
        {
            _cut.Clear();
        }
    }

    private void Deliver()
    {
        for (var i = _messages.Count - 1; i >= 0; i--)
        {
            var (due, message) = _messages[i];
            if (due > _now)
            {
                continue;
            }

            _messages[i] = _messages[^1];
            _messages.RemoveAt(_messages.Count - 1);
            if (_nodes.TryGetValue(message.To, out var node) && node.IsUp && !_cut.Contains((message.From, message.To)))
            {
                node.Core.Step(message);
            }
        }
    }

    private void Send(RaftMessage message)
    {
        if (_calm)
        {
            _messages.Add((_now + 1, message));
            return;
        }

        if (_random.NextDouble() < _loss)
        {
            if (_random.Next(8) == 0 && _nodes.TryGetValue(message.From, out var sender) && sender.IsUp)
            {
                sender.Core.ReportUnreachable(message.To);
            }

            return;
        }

        var straggles = _random.Next(50) == 0;
        _messages.Add((_now + 1 + _random.Next(straggles ? 80 : _delayMax), message));
        if (_random.Next(50) == 0)
        {
            _messages.Add((_now + 1 + _random.Next(40), message));
        }
    }

    private void Fetch(StormNode node)
    {
        if (!node.IsUp || node.Host.Wanted is not { } wanted || _random.Next(5) != 0)
        {
            return;
        }

        node.Host.Wanted = null;
        var source = _nodes[wanted.From];
        var delivered = source.IsUp && (_calm || _random.Next(4) != 0)
            && source.Host.Disk.Snapshot.Index >= wanted.Id.Index;
        if (delivered)
        {
            node.Host.Restore(source.Host.Disk);
        }

        if (source.IsUp && (_calm || _random.Next(3) != 0))
        {
            source.Core.ReportSnapshot(node.Id, delivered);
        }
    }

    private void Start(ulong id, CoreDisk disk)
    {
        var options = new RaftCoreOptions(id) { MessageBytesMax = 200, InFlightMessagesMax = 4, UncommittedBytesMax = 2000 };
        _nodes[id] = new StormNode(new CoreNode(options, disk, _random, _rules), Witness, _random, Send);
    }

    private string Describe() => string.Join("; ", _nodes.Values.Select(static node =>
        $"{node.Id} {node.Core.Role} t{node.Core.Term} leader {node.Core.LeaderId} last {node.Core.LastIndex} "
        + $"commit {node.Core.CommitIndex} of {string.Join(',', node.Core.Membership.Members.Select(
            static member => member.Voter ? $"{member.NodeId}" : $"{member.NodeId}?"))}"));

    private void CheckAgreement()
    {
        var leaders = _nodes.Values.Where(static node => node.Core.Role == RaftRole.Leader).ToArray();
        StormWitness.Check(leaders.Length == 1, $"{leaders.Length} leaders in calm weather: {Describe()}");
        var leader = leaders[0];
        StormWitness.Check(leader.Host.Propose("last"), "the leader takes no proposal in calm weather");
        leader.Read();
        for (var i = 0; i < 40; i++)
        {
            Deliver();
            foreach (var node in _nodes.Values)
            {
                node.Work(0);
                Fetch(node);
            }

            _now++;
            if (i % StepsPerTick == 0)
            {
                leader.Core.Tick();
            }
        }

        foreach (var member in leader.Core.Membership.Members)
        {
            var node = _nodes[member.NodeId];
            StormWitness.Check(
                node.Core.AppliedIndex == leader.Core.LastIndex,
                $"member {node.Id} has applied {node.Core.AppliedIndex} of {leader.Core.LastIndex} in calm weather");
        }

        StormWitness.Check(!leader.HasOpenReads, "a read was not answered in calm weather");
    }
}
