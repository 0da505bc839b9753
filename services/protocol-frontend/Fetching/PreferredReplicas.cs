using System.Net;
using Spillway.ProtocolFrontend.Cluster;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>
/// Sends a consumer that says which zone it is in (client.rack), and of which nothing else says so, to that zone's frontend (KIP-392). It asks
/// here because Metadata could not know: its zone comes with a fetch only.
/// </summary>
internal sealed class PreferredReplicas(RoutingView routes, Brokers brokers, ClientZones zones, ProtocolFrontendOptions options)
{
    public const int None = -1;

    /// <summary>The zone that a client is to be sent to if one of its frontends serves the partition; null: it is served here.</summary>
    public string? FindZone(string rackId, string? clientId, IPAddress? address) =>
        rackId.Length > 0 && rackId != options.Zone && zones.Find(clientId, address).Length == 0 ? rackId : null;

    /// <summary>
    /// The node of that zone, or none. It is one of the replicas that Metadata shows, or a client would not find it and come back here for
    /// ever.
    /// </summary>
    public int Find(string zone, Guid topicId, int partition) =>
        routes.FindNode(zone, topicId, partition) is { } node && node != brokers.OwnNodeId
        && brokers.Find(node)?.Zone == zone && brokers.ReplicasOf(topicId, partition).Contains(node) ? node : None;
}
