using System.Runtime.InteropServices;
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

    private readonly SortedDictionary<ulong, StormNode> _nodes = [];
    private readonly List<(int Due, RaftMessage Message)> _messages = [];
    private readonly HashSet<(ulong From, ulong To)> _cut = [];
    private readonly Random _random;
    private readonly RaftRules? _rules;
    private readonly StormWeather _weather;
    private int _now;
    private bool _calm;
    private int _proposed;
    private ulong _newestId;

    public CoreStorm(int seed, RaftRules? rules = null)
    {
        _random = new Random(seed);
        _rules = rules;
        _weather = new StormWeather(_random);
        _newestId = (ulong)_weather.Voters;
        var initial = new Membership([.. Enumerable.Range(1, _weather.Voters)
            .Select(static id => new GroupMember((ulong)id, true, $"raft-{id}:1", ""))]);
        foreach (var member in initial.Members)
        {
            Start(member.NodeId, CoreDisk.Bootstrapped(initial));
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

            if ((_now + (int)node.Id) % _weather.StepsPerTick == 0)
            {
                node.Core.Tick();
            }

            Ask(node);
            if (_random.Next(4) != 0)
            {
                node.Work(_calm ? 0 : _weather.Crash, _calm ? 0 : _weather.SlowDisk);
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

        if (_random.Next(_calm ? 16 : 4) == 0)
        {
            for (var i = _calm ? 0 : _random.Next(_weather.BurstMax); i >= 0; i--)
            {
                node.Host.Propose($"{_proposed++}");
            }
        }

        if (_random.Next(6) == 0)
        {
            node.Read();
        }

        if (_random.NextDouble() < _weather.Snapshot)
        {
            node.TakeSnapshot(_random.Next(6));
        }

        if (!_calm && _random.Next(150) == 0)
        {
            node.Core.TryTransferLeadership((ulong)_random.Next(1, (int)_newestId + 1));
        }

        if (!_calm && _random.NextDouble() < _weather.Change)
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
        if (_random.NextDouble() < _weather.Cut)
        {
            // Of a leader's links as often as of anyone's: there it hurts.
            var ids = _nodes.Keys.ToArray();
            var leader = _nodes.Values.FirstOrDefault(static node => node.IsUp && node.Core.Role == RaftRole.Leader);
            var one = leader is not null && _random.Next(2) == 0 ? leader.Id : ids[_random.Next(ids.Length)];
            var share = _random.NextDouble();
            var way = _random.Next(3);
            foreach (var other in ids.Where(_ => _random.NextDouble() < share))
            {
                _cut.UnionWith(way == 0 ? [(one, other)] : way == 1 ? [(other, one)] : [(one, other), (other, one)]);
            }
        }

        if (_random.Next(50) == 0)
        {
            _cut.Clear();
        }

        if (_weather.Crash > 0 && _random.Next(400) == 0)
        {
            foreach (var node in _nodes.Values)
            {
                node.Crash();
            }
        }
    }

    private void Deliver()
    {
        var due = _messages.FindAll(message => message.Due <= _now);
        _messages.RemoveAll(message => message.Due <= _now);
        if (!_calm)
        {
            _random.Shuffle(CollectionsMarshal.AsSpan(due));
        }

        foreach (var (_, message) in due)
        {
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

        if (_random.NextDouble() < _weather.Loss)
        {
            if (_random.Next(8) == 0 && _nodes.TryGetValue(message.From, out var sender) && sender.IsUp)
            {
                sender.Core.ReportUnreachable(message.To);
            }

            return;
        }

        var straggles = _random.NextDouble() < _weather.Straggle;
        _messages.Add((_now + 1 + _random.Next(straggles ? 160 : _weather.DelayMax), message));
        if (_random.Next(50) == 0)
        {
            _messages.Add((_now + 1 + _random.Next(60), message));
        }
    }

    private void Fetch(StormNode node)
    {
        if (!node.IsUp || node.IsWriting || node.Host.Wanted is not { } wanted || _random.Next(5) != 0)
        {
            return;
        }

        node.Host.Wanted = null;
        var source = _nodes[wanted.From];
        var delivered = source.IsUp && (_calm || _random.Next(4) != 0)
            && source.Host.Disk.Snapshot.Index >= wanted.Id.Index;
        if (delivered)
        {
            node.Work(0, 0);
            node.Host.Restore(source.Host.Disk);
        }

        if (source.IsUp && (_calm || _random.Next(3) != 0))
        {
            source.Core.ReportSnapshot(node.Id, delivered);
        }
    }

    private void Start(ulong id, CoreDisk disk)
    {
        var options = new RaftCoreOptions(id)
        {
            MessageBytesMax = _weather.MessageBytesMax,
            InFlightMessagesMax = 4,
            UncommittedBytesMax = 2000,
        };
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
        StormWitness.Check(leader.Host.Propose("last"), $"the leader takes no proposal in calm weather: {Describe()} {_proposed} {_weather.StepsPerTick} {_weather.DelayMax}");
        leader.Read();
        for (var i = 0; i < 100; i++)
        {
            Deliver();
            foreach (var node in _nodes.Values)
            {
                node.Work(0, 0);
                Fetch(node);
            }

            _now++;
            if (i % _weather.StepsPerTick == 0)
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
