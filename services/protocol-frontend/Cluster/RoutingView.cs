using System.Buffers.Binary;
using System.Net;
using Spillway.Kafka.Records;
using Spillway.Rpc.Zones;

namespace Spillway.ProtocolFrontend.Cluster;

/// <summary>
/// The last routing table that the zone-router gave: which frontend a client of a zone is shown for a partition. The routing
/// loop swaps it, everybody reads. Before the first table, this frontend shows itself for everything.
/// </summary>
internal sealed class RoutingView(TimeProvider time)
{
    private volatile Table _table = new(new RoutingTable());

    // The timestamp of the last table in which partitions changed frontends; long.MinValue before there was one.
    private long _movedTimestamp = long.MinValue;

    /// <summary>Frontends in the table; empty before the first one came.</summary>
    public IReadOnlyList<RoutedFrontend> Frontends => _table.Source.Frontends;

    public void Apply(RoutingTable table)
    {
        var before = _table.Source;

        // A first table tells who else there is: what this frontend leads now, another one led until it came.
        var isMove = before.Frontends.Count > 0 ? !SameRoutes(before, table) : table.Frontends.Count > 1;
        _table = new Table(table);
        if (isMove)
        {
            Volatile.Write(ref _movedTimestamp, time.GetTimestamp());
        }
    }

    /// <summary>
    /// Whether partitions went from one frontend to another less than that ago: a client may have batches on their way through the former one
    /// yet.
    /// </summary>
    public bool HasMovedWithin(TimeSpan period) =>
        Volatile.Read(ref _movedTimestamp) is var moved && moved != long.MinValue && time.GetElapsedTime(moved) < period;

    /// <summary>The node id of the frontend that serves the partition to clients of the zone (empty: unknown), if any does.</summary>
    public int? FindNode(string zone, Guid topicId, int partition)
    {
        var table = _table;
        var nodes = table.NodesOf(zone);
        return nodes.Count == 0 ? null : nodes[Slot(topicId, partition, nodes.Count)];
    }

    /// <summary>One node per zone for the partition, in the order of zones: what clients are shown as replicas. A stable list.</summary>
    public List<int> ReplicasOf(Guid topicId, int partition)
    {
        var replicas = new List<int>();
        foreach (var zone in _table.Source.Zones)
        {
            if (zone.Zone.Length == 0 || zone.NodeIdBySlot.Count == 0)
            {
                continue;
            }

            var node = zone.NodeIdBySlot[Slot(topicId, partition, zone.NodeIdBySlot.Count)];
            if (!replicas.Contains(node))
            {
                replicas.Add(node);
            }
        }

        return replicas;
    }

    /// <summary>The zone of an address by the CIDR table, or null.</summary>
    public string? FindZone(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        foreach (var (network, zone) in _table.Networks)
        {
            if (network.Contains(plain))
            {
                return zone;
            }
        }

        return null;
    }

    private static bool SameRoutes(RoutingTable one, RoutingTable other) =>
        one.Zones.Count == other.Zones.Count
        && one.Zones.Zip(other.Zones).All(static pair =>
            pair.First.Zone == pair.Second.Zone && pair.First.NodeIdBySlot.SequenceEqual(pair.Second.NodeIdBySlot));

    /// <summary>All frontends and the router agree on this: the slot of a partition, by CRC-32C of its topic id and index.</summary>
    private static int Slot(Guid topicId, int partition, int slotCount)
    {
        Span<byte> key = stackalloc byte[20];
        topicId.TryWriteBytes(key, bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(key[16..], partition);
        return (int)(Crc32C.Compute(key) % (uint)slotCount);
    }

    private sealed class Table
    {
        private readonly Dictionary<string, IReadOnlyList<int>> _nodesByZone = new(StringComparer.Ordinal);

        public Table(RoutingTable source)
        {
            Source = source;
            foreach (var zone in source.Zones)
            {
                _nodesByZone[zone.Zone] = zone.NodeIdBySlot;
            }

            foreach (var rule in source.CidrRules)
            {
                if (IPNetwork.TryParse(rule.Cidr, out var network))
                {
                    Networks.Add((network, rule.Zone));
                }
            }
        }

        public RoutingTable Source { get; }

        public List<(IPNetwork Network, string Zone)> Networks { get; } = [];

        public IReadOnlyList<int> NodesOf(string zone) =>
            _nodesByZone.TryGetValue(zone, out var nodes) || _nodesByZone.TryGetValue("", out nodes) ? nodes : [];
    }
}
