using Spillway.Metadata.Log;
using Spillway.Metadata.Segments;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Registrations;

/// <summary>
/// Registrations and their leases. A registration is an epoch of its name; when the epoch ends, by a newer registration, by
/// its lease or by its own wish, all its segments are sealed in the same command, so nothing of it can be committed after (P3).
/// </summary>
internal sealed class NodeTable(StateClock clock, ContainerTable containers, AppliedChanges changes)
{
    private readonly SortedDictionary<(NodeKind Kind, int NodeId), RegisteredNode> _nodes = [];
    private readonly Dictionary<(NodeKind Kind, string Name), RegisteredNode> _byName = [];

    /// <summary>The last node id given out, by kind.</summary>
    public SortedDictionary<int, int> LastNodeIds { get; } = [];

    public IEnumerable<RegisteredNode> All => _nodes.Values;

    public RegisteredNode? Find(NodeKind kind, int nodeId) => _nodes.GetValueOrDefault((kind, nodeId));

    public bool IsCurrent(NodeKind kind, int nodeId, long epoch) => Find(kind, nodeId) is { Live: true } node && node.Epoch == epoch;

    public RegisterReply Register(RegisterNode command, ReadOnlyMemory<byte> clusterId)
    {
        var request = command.Request;
        if (!_byName.TryGetValue((request.Kind, request.Name), out var node))
        {
            var id = LastNodeIds.GetValueOrDefault((int)request.Kind) + 1;
            LastNodeIds[(int)request.Kind] = id;
            node = new RegisteredNode(id, request);
            Add(node);
        }

        var isRetry = node.Live && node.Registration.ProcessId == request.ProcessId;
        if (!isRetry)
        {
            EndEpoch(node);
            node.Registration = request;
            node.Epoch++;
            node.Blocks = new AppliedBlocks();
            node.Live = true;
            changes.NodesChanged = true;
        }

        node.LeaseExpiryMs = clock.NowMs + command.LeaseMs;
        return new RegisterReply
        {
            NodeId = node.NodeId,
            Epoch = node.Epoch,
            LeaseMs = command.LeaseMs,
            ClusterId = Google.Protobuf.ByteString.CopyFrom(clusterId.Span),
        };
    }

    public RenewReply Renew(RenewNode command)
    {
        var request = command.Request;
        if (!IsCurrent(request.Kind, request.NodeId, request.Epoch))
        {
            return new RenewReply { Fenced = true };
        }

        Find(request.Kind, request.NodeId)!.LeaseExpiryMs = clock.NowMs + command.LeaseMs;
        return new RenewReply { LeaseMs = command.LeaseMs };
    }

    public DeregisterReply Deregister(DeregisterRequest request)
    {
        if (IsCurrent(request.Kind, request.NodeId, request.Epoch))
        {
            EndEpoch(Find(request.Kind, request.NodeId)!);
        }

        return new DeregisterReply();
    }

    public void ExpireLeases()
    {
        foreach (var node in _nodes.Values)
        {
            if (node.Live && node.LeaseExpiryMs < clock.NowMs)
            {
                EndEpoch(node);
            }
        }
    }

    /// <summary>Ends every registration, and leaves out ids and epochs that may have been given out since this state was.</summary>
    public void EndAll(int idsSkipped, long epochsSkipped)
    {
        foreach (var kind in Enum.GetValues<NodeKind>())
        {
            LastNodeIds[(int)kind] = LastNodeIds.GetValueOrDefault((int)kind) + idsSkipped;
        }

        foreach (var node in _nodes.Values)
        {
            EndEpoch(node);
            node.Epoch += epochsSkipped;
            node.Blocks = new AppliedBlocks();
        }
    }

    public bool AnyLeaseExpired(long nowMs)
    {
        foreach (var node in _nodes.Values)
        {
            if (node.Live && node.LeaseExpiryMs < nowMs)
            {
                return true;
            }
        }

        return false;
    }

    public void Add(RegisteredNode node)
    {
        _nodes.Add((node.Kind, node.NodeId), node);
        _byName.Add((node.Kind, node.Registration.Name), node);
    }

    private void EndEpoch(RegisteredNode node)
    {
        changes.NodesChanged |= node.Live;
        node.Live = false;
        foreach (var segment in node.OpenSegments)
        {
            containers.Seal(segment);
        }

        node.OpenSegments.Clear();
    }
}
