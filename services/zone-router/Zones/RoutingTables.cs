using System.Net;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Zones;
using Spillway.ZoneRouter.Placement;

namespace Spillway.ZoneRouter.Zones;

/// <summary>Makes the routing table from the frontends that are alive and the operator's zones. Pure.</summary>
internal static class RoutingTables
{
    public static RoutingTable Make(long version, IEnumerable<NodeImage> nodes, ZoneRouterOptions options)
    {
        var frontends = nodes
            .Where(static node => node is { Kind: NodeKind.Frontend, Live: true })
            .OrderBy(static node => node.NodeId)
            .ToList();
        var table = new RoutingTable { Version = version, SlotCount = SlotPlacement.SlotCount };
        foreach (var node in frontends)
        {
            table.Frontends.Add(new RoutedFrontend
            {
                NodeId = node.NodeId, Zone = node.Zone, Host = node.AdvertisedHost, Port = node.AdvertisedPort,
            });
        }

        var zones = frontends.Select(static node => node.Zone).Concat(options.Zones).Distinct(StringComparer.Ordinal);
        foreach (var zone in zones.Order(StringComparer.Ordinal).Prepend(""))
        {
            table.Zones.Add(Place(zone, frontends));
        }

        // Frontends take the first block that matches: the most specific one has to come first.
        foreach (var (cidr, zone) in options.Cidrs.OrderByDescending(static rule => IPNetwork.Parse(rule.Key).PrefixLength))
        {
            table.CidrRules.Add(new CidrRule { Cidr = cidr, Zone = zone });
        }

        return table;
    }

    // A zone without a frontend gets another zone's, and so do clients whose zone is not known.
    private static ZoneRoutes Place(string zone, List<NodeImage> frontends)
    {
        var own = frontends.Where(node => node.Zone == zone).Select(static node => node.NodeId).ToList();
        var routes = new ZoneRoutes { Zone = zone };
        routes.NodeIdBySlot.AddRange(
            SlotPlacement.Place(own.Count > 0 ? own : [.. frontends.Select(static node => node.NodeId)]));
        return routes;
    }
}
