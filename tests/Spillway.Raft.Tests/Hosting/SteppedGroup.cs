using Spillway.Raft.Core;
using Spillway.Raft.Tests.Support;
using Spillway.Testing;

namespace Spillway.Raft.Tests.Hosting;

/// <summary>
/// Whole nodes, hosts and all, on one thread: each has a disk that forgets, and the network between them delivers in order,
/// at once, unless it is cut. Nothing happens but by the test's doing.
/// </summary>
internal sealed class SteppedGroup : IDisposable
{
    private static readonly Guid ClusterId = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");

    private readonly SortedDictionary<ulong, SteppedNode> _nodes = [];
    private readonly HashSet<(ulong From, ulong To)> _cuts = [];
    private readonly Queue<RaftMessage> _wire = new();
    private readonly GroupMember[] _founders;
    private readonly Action<Stream>? _firstState;

    public SteppedGroup(int founders, int snapshotEveryEntries = 1_000_000, int trailingEntries = 0, Action<Stream>? firstState = null)
    {
        _firstState = firstState;
        SnapshotEveryEntries = snapshotEveryEntries;
        TrailingEntries = trailingEntries;
        _founders = [.. Enumerable.Range(1, founders).Select(static id => MemberOf((ulong)id, voter: true))];
        foreach (var founder in _founders)
        {
            Add(founder.NodeId).Start();
        }

        Settle();
    }

    public ManualTimeProvider Time { get; } = new();

    public TestMeterFactory Meters { get; } = new();

    public IReadOnlyCollection<SteppedNode> Nodes => _nodes.Values;

    /// <summary>Of the latest term: one that was cut off may still take itself for one.</summary>
    public SteppedNode? Leader =>
        Nodes.Where(static node => node.Leads).MaxBy(static node => node.Running.Leadership.Term);

    /// <summary>Changes every message; null drops it.</summary>
    public Func<RaftMessage, RaftMessage?>? OnWire { get; set; }

    private int SnapshotEveryEntries { get; }

    private int TrailingEntries { get; }

    public static GroupMember MemberOf(ulong id, bool voter) => new(id, voter, $"raft-{id}:1", $"service-{id}:1");

    public SteppedNode Node(ulong id) => _nodes[id];

    public SteppedNode Add(ulong id)
    {
        var node = new SteppedNode(this, id);
        _nodes.Add(id, node);
        return node;
    }

    /// <summary>Another disk, another process, the same id.</summary>
    public void Replace(SteppedNode node)
    {
        _nodes[node.Id].Crash();
        _nodes[node.Id] = node;
    }

    public ReplicatedLogOptions OptionsOf(ulong id, string? address = null) =>
        OptionsOf(id, founds: id <= (ulong)_founders.Length, address);

    /// <summary>What a founder should be started with once the group is founded.</summary>
    public ReplicatedLogOptions JoinOptionsOf(ulong id) => OptionsOf(id, founds: false, address: null);

    private ReplicatedLogOptions OptionsOf(ulong id, bool founds, string? address) => new()
    {
        Folder = "/forgetful",
        NodeId = id,
        ClusterId = ClusterId,
        Address = address ?? $"raft-{id}:1",
        ServiceAddress = $"service-{id}:1",
        InitialVoters = founds ? _founders : [],
        Join = !founds,
        WriteFirstState = founds ? _firstState : null,
        SegmentBytes = 32 << 10,
        EntryBytesMax = 4 << 10,
        SnapshotEveryEntries = SnapshotEveryEntries,
        TrailingEntries = TrailingEntries,
    };

    public bool IsCut(ulong from, ulong to) => _cuts.Contains((from, to));

    /// <summary>Nothing goes between the node and the others.</summary>
    public void Cut(ulong id)
    {
        foreach (var other in _nodes.Keys)
        {
            _cuts.Add((id, other));
            _cuts.Add((other, id));
        }
    }

    public void Heal() => _cuts.Clear();

    public void Send(RaftMessage message)
    {
        if (!IsCut(message.From, message.To) && (OnWire is null ? message : OnWire(message)) is { } sent)
        {
            _wire.Enqueue(sent);
        }
    }

    /// <summary>Lets everything happen that does not wait for the clock.</summary>
    public void Settle()
    {
        bool did;
        do
        {
            did = false;
            foreach (var node in _nodes.Values)
            {
                did |= node.Step();
            }

            while (_wire.TryDequeue(out var message))
            {
                if (_nodes.TryGetValue(message.To, out var node) && node.Log is { } log)
                {
                    log.Receiver.Receive(message);
                    did = true;
                }
            }
        }
        while (did);
    }

    /// <summary>The clock ticks for all nodes, or for some.</summary>
    public void Tick(int count, params ulong[] only)
    {
        for (; count > 0; count--)
        {
            Time.Advance(TimeSpan.FromMilliseconds(50));
            foreach (var node in _nodes.Values.Where(node => only.Length == 0 || only.Contains(node.Id)))
            {
                node.Log?.Tick();
            }

            Settle();
        }
    }

    /// <summary>New processes for the nodes, which know of no leader.</summary>
    public void Restart(params ulong[] ids)
    {
        foreach (var id in ids)
        {
            Node(id).Crash();
            Node(id).Start();
        }

        Settle();
    }

    /// <summary>Has the node elected, where nobody has heard of a leader lately.</summary>
    public SteppedNode Elect(ulong id)
    {
        Tick(20, id);
        return Node(id).Leads ? Node(id) : throw new InvalidOperationException($"Node {id} was not elected.");
    }

    /// <summary>Lets time pass until somebody of those leads.</summary>
    public SteppedNode ElectAnyOf(params ulong[] ids)
    {
        for (var ticks = 0; ticks < 200; ticks++)
        {
            Tick(1);
            if (Nodes.FirstOrDefault(node => node.Leads && ids.Contains(node.Id)) is { } leader)
            {
                return leader;
            }
        }

        throw new InvalidOperationException("Nobody was elected.");
    }

    /// <summary>Commits one entry for each id on the leader.</summary>
    public void Commit(int firstId, int count, int bytes = 100)
    {
        for (var id = firstId; id < firstId + count; id++)
        {
            var proposal = Leader!.Propose(id, bytes);
            Settle();
            if (!proposal.IsCompletedSuccessfully)
            {
                throw new InvalidOperationException($"Command {id} was not committed.", proposal.Exception);
            }
        }
    }

    /// <summary>Takes a snapshot on a node, and sees it through.</summary>
    public Task SnapshotAsync(ulong id) => DoneAsync(Node(id).Running.SnapshotNowAsync(CancellationToken.None));

    public Task AddLearnerAsync(ulong id) => DoneAsync(
        Leader!.Running.AddLearnerAsync(id, $"raft-{id}:1", $"service-{id}:1", CancellationToken.None));

    public Task PromoteAsync(ulong id) => DoneAsync(Leader!.Running.PromoteAsync(id, CancellationToken.None));

    public Task RemoveAsync(ulong id) => DoneAsync(Leader!.Running.RemoveAsync(id, CancellationToken.None));

    /// <summary>Lets everything happen, after which the task must be over.</summary>
    public async Task DoneAsync(Task task)
    {
        Settle();
        await task.WaitAsync(TimeSpan.FromMinutes(1)); // its continuations have a thread of their own
    }

    public void Dispose() => Meters.Dispose();
}
