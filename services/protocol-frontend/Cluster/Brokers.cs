using Spillway.Rpc.Zones;

namespace Spillway.ProtocolFrontend.Cluster;

/// <summary>
/// What clients are shown as brokers: the frontends of the routing table, this one among them. Before a table came, this one alone.
/// </summary>
internal sealed class Brokers(RoutingView routes, FrontendIdentity identity, ProtocolFrontendOptions options)
{
    /// <summary>This frontend's node id; -1 before metadata gave it one.</summary>
    public int OwnNodeId => identity.NodeId;

    public IReadOnlyList<RoutedFrontend> All()
    {
        var frontends = routes.Frontends;
        if (frontends.Count > 0)
        {
            return frontends;
        }

        return identity.Endpoint is { } own && OwnNodeId >= 0
            ? [new RoutedFrontend { NodeId = OwnNodeId, Zone = options.Zone, Host = own.Host, Port = own.Port }]
            : [];
    }

    public RoutedFrontend? Find(int nodeId)
    {
        foreach (var frontend in All())
        {
            if (frontend.NodeId == nodeId)
            {
                return frontend;
            }
        }

        return null;
    }

    /// <summary>The frontend that clients of the zone are shown as a partition's leader.</summary>
    public int LeaderOf(string zone, Guid topicId, int partition) => routes.FindNode(zone, topicId, partition) ?? OwnNodeId;

    /// <summary>What clients are shown as a partition's replicas, all in sync: one frontend a zone, a stable list.</summary>
    public List<int> ReplicasOf(Guid topicId, int partition)
    {
        var replicas = routes.ReplicasOf(topicId, partition);
        if (replicas.Count == 0)
        {
            replicas.Add(OwnNodeId);
        }

        return replicas;
    }

    /// <summary>
    /// The coordinator that a client of the zone is shown for a key: a frontend of its own zone, which forwards to the metadata leader.
    /// </summary>
    public RoutedFrontend? CoordinatorOf(string zone, string key)
    {
        Span<byte> id = stackalloc byte[16];
        id.Clear();
        var hash = Kafka.Records.Crc32C.Compute(System.Text.Encoding.UTF8.GetBytes(key));
        BitConverter.TryWriteBytes(id, hash);
        var node = routes.FindNode(zone, new Guid(id), 0) ?? OwnNodeId;
        return Find(node) ?? Find(OwnNodeId);
    }
}
