using Spillway.Rpc.Metadata;
using Xunit;
using Spillway.ZoneRouter.Zones;

namespace Spillway.ZoneRouter.Tests.Zones;

public sealed class RoutingTablesTests
{
    [Fact]
    public void Clients_of_a_zone_are_shown_only_frontends_of_that_zone()
    {
        var table = RoutingTables.Make(7, [Frontend(1, "a"), Frontend(2, "a"), Frontend(3, "b")], new ZoneRouterOptions());

        Assert.Equal([1, 2], table.Zones.Single(static zone => zone.Zone == "a").NodeIdBySlot.Distinct().Order());
        Assert.Equal([3], table.Zones.Single(static zone => zone.Zone == "b").NodeIdBySlot.Distinct());
    }

    [Fact]
    public void A_zone_without_a_live_frontend_gets_the_others()
    {
        var options = new ZoneRouterOptions { Zones = ["c"] };

        var table = RoutingTables.Make(7, [Frontend(1, "a"), Frontend(3, "b"), Frontend(4, "c", live: false)], options);

        Assert.Equal([1, 3], table.Zones.Single(static zone => zone.Zone == "c").NodeIdBySlot.Distinct().Order());
        Assert.DoesNotContain(table.Frontends, static frontend => frontend.NodeId == 4);
    }

    [Fact]
    public void Clients_of_unknown_zone_are_spread_over_all_frontends()
    {
        var table = RoutingTables.Make(7, [Frontend(1, "a"), Frontend(3, "b")], new ZoneRouterOptions());

        Assert.Equal([1, 3], table.Zones.Single(static zone => zone.Zone.Length == 0).NodeIdBySlot.Distinct().Order());
    }

    [Fact]
    public void The_most_specific_address_block_comes_first()
    {
        var options = new ZoneRouterOptions { Cidrs = { ["10.0.0.0/8"] = "a", ["10.1.2.0/24"] = "b" } };

        var table = RoutingTables.Make(7, [], options);

        Assert.Equal(["10.1.2.0/24", "10.0.0.0/8"], table.CidrRules.Select(static rule => rule.Cidr));
    }

    [Fact]
    public void Writers_are_not_routed_to() =>
        Assert.Empty(RoutingTables.Make(7, [new NodeImage { Kind = NodeKind.Writer, NodeId = 1, Live = true }], new ZoneRouterOptions()).Frontends);

    private static NodeImage Frontend(int nodeId, string zone, bool live = true) => new()
    {
        Kind = NodeKind.Frontend,
        NodeId = nodeId,
        Zone = zone,
        AdvertisedHost = "127.0.0.1",
        AdvertisedPort = 9092,
        Live = live,
    };
}
