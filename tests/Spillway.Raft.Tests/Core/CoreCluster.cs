using Spillway.Raft.Core;

namespace Spillway.Raft.Tests.Core;

/// <summary>
/// A few cores, wired by a queue of messages. Nothing happens by itself: a test ticks, steps and lets messages through, so that
/// each case is the same every time.
/// </summary>
internal sealed class CoreCluster
{
    private readonly SortedDictionary<ulong, CoreNode> _nodes = [];
    private readonly Queue<RaftMessage> _messages = new();
    private readonly HashSet<ulong> _isolated = [];
    private readonly Random _random = new(7);
    private readonly Func<RaftCoreOptions, RaftCoreOptions> _configure;
    private readonly RaftRules? _rules;

    public CoreCluster(
        int voters, int learners = 0, Func<RaftCoreOptions, RaftCoreOptions>? configure = null, RaftRules? rules = null)
    {
        _configure = configure ?? (static options => options);
        _rules = rules;
        Initial = new Membership([.. Enumerable.Range(1, voters + learners)
            .Select(id => new GroupMember((ulong)id, id <= voters, $"raft-{id}:1", $"node-{id}:1"))]);
        foreach (var member in Initial.Members)
        {
            Add(member.NodeId, CoreDisk.Bootstrapped(Initial));
        }
    }

    public Membership Initial { get; }

    public CoreNode this[ulong id] => _nodes[id];

    public IEnumerable<CoreNode> Nodes => _nodes.Values;

    /// <summary>Messages for which this says true are lost.</summary>
    public Func<RaftMessage, bool> Lose { get; set; } = static _ => false;

    /// <summary>All that was sent, lost or not.</summary>
    public List<RaftMessage> Sent { get; } = [];

    /// <summary>A node that begins with nothing, as a joiner does, or with what another life of it left.</summary>
    public CoreNode Add(ulong id, CoreDisk? disk = null)
    {
        var node = new CoreNode(_configure(new RaftCoreOptions(id)), disk ?? new CoreDisk(), _random, _rules);
        _nodes[id] = node;
        return node;
    }

    public void Isolate(params ulong[] ids) => _isolated.UnionWith(ids);

    public void Heal() => _isolated.Clear();

    /// <summary>Lets every node work and every message through until nothing is left to do.</summary>
    public void Settle()
    {
        for (var more = true; more;)
        {
            more = false;
            foreach (var node in _nodes.Values)
            {
                foreach (var message in node.Work())
                {
                    Sent.Add(message);
                    _messages.Enqueue(message);
                }
            }

            while (_messages.TryDequeue(out var message))
            {
                more = true;
                if (!_isolated.Contains(message.From) && !_isolated.Contains(message.To)
                    && _nodes.TryGetValue(message.To, out var receiver) && !Lose(message))
                {
                    receiver.Core.Step(message);
                }
            }
        }
    }

    /// <summary>Time passes for one node alone, until it has had its longest election time-out; what it sends waits.</summary>
    public void RunOutOfTime(ulong id)
    {
        for (var i = 0; i < 20; i++)
        {
            _nodes[id].Core.Tick();
        }
    }

    public CoreNode Elect(ulong id)
    {
        _nodes[id].Core.Campaign();
        Settle();
        return _nodes[id];
    }

    /// <summary>Time passes on some nodes; on all where none is named.</summary>
    public void Tick(int ticks, params ulong[] ids)
    {
        for (var i = 0; i < ticks; i++)
        {
            foreach (var node in _nodes.Values.Where(node => ids.Length == 0 || ids.Contains(node.Id)))
            {
                node.Core.Tick();
            }

            Settle();
        }
    }

    /// <summary>Nodes that want a snapshot get the newest of whoever offered it.</summary>
    public void FetchSnapshots()
    {
        foreach (var node in _nodes.Values)
        {
            if (node.Wanted is { } wanted)
            {
                node.Restore(_nodes[wanted.From].Disk);
                _nodes[wanted.From].Core.ReportSnapshot(node.Id, delivered: true);
            }
        }

        Settle();
    }
}
