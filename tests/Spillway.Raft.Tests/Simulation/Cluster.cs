namespace Spillway.Raft.Tests.Simulation;

/// <summary>The nodes that there are, and what they share. Everything random comes from the one seed.</summary>
internal sealed class Cluster : IDisposable
{
    private readonly List<SimulatedNode> _nodes = [];
    private readonly int _seed;
    private ulong _lastId;

    public Cluster(int seed, SimulationSetup setup)
    {
        _seed = seed;
        Setup = setup;
        var random = RandomFor(0);
        Network = new SimulatedNetwork(Clock, RandomFor(1));
        Settings = new ClusterSettings(random, setup.Founders > 0 ? setup.Founders : 1 + (2 * random.Next(3)), setup.KeepsLog);
        foreach (var founder in Settings.Founders)
        {
            Add(founder: true);
        }
    }

    public SimulationSetup Setup { get; }

    public ClusterSettings Settings { get; }

    public VirtualClock Clock { get; } = new();

    public HistoryChecker Checker { get; } = new();

    public SimulatedNetwork Network { get; }

    /// <summary>Those that are not gone for good, by id.</summary>
    public IReadOnlyList<SimulatedNode> Nodes => _nodes;

    /// <summary>The running node that leads the latest term, as far as they know themselves.</summary>
    public SimulatedNode? Leader => _nodes
        .Where(static node => node.Process is { IsLeader: true })
        .MaxBy(static node => node.Process!.Term);

    /// <summary>Whether bad things happen.</summary>
    public bool HasFaults { get; set; } = true;

    /// <summary>Those who found out that they were removed.</summary>
    public HashSet<ulong> RemovedNodes { get; } = [];

    /// <summary>Who is told of the next election, in the moment in which it is won.</summary>
    public Action<SimulatedNode>? OnElected { get; set; }

    public int Starts { get; set; }

    public int CrashesBetweenSendAndFlush { get; set; }

    /// <summary>A source of randomness that only its owner uses: what one draws moves nobody else's.</summary>
    public Random RandomFor(int owner) => new(unchecked((_seed * 7919) + (owner * 104_729)));

    /// <summary>A new node on an empty disk that waits to be added.</summary>
    public SimulatedNode AddJoiner()
    {
        var node = Add(founder: false);
        node.Start();
        return node;
    }

    public void Forget(SimulatedNode node) => _nodes.Remove(node);

    public void Dispose() => _nodes.ForEach(static node => node.Process?.Dispose());

    private SimulatedNode Add(bool founder)
    {
        var node = new SimulatedNode(this, ++_lastId, founder);
        _nodes.Add(node);
        return node;
    }
}
