using Spillway.ProtocolFrontend.Cluster;
using Spillway.Rpc.Zones;
using Spillway.Testing;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Cluster;

/// <summary>Which tables of the zone-router move partitions from one frontend to another.</summary>
public sealed class RoutingViewTests
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(30);

    private readonly ManualTimeProvider _time = new();
    private readonly RoutingView _view;

    public RoutingViewTests()
    {
        _view = new RoutingView(_time);
        _view.Apply(TableOf(("a", [1, 2]), ("b", [3, 3])));
        _time.Advance(Period);
    }

    [Fact]
    public void Before_the_first_table_nothing_has_moved() => Assert.False(new RoutingView(_time).HasMovedWithin(TimeSpan.MaxValue));

    [Fact]
    public void The_same_table_again_moves_nothing()
    {
        _view.Apply(TableOf(("a", [1, 2]), ("b", [3, 3])));

        Assert.False(_view.HasMovedWithin(Period));
    }

    [Theory]
    [MemberData(nameof(Moves))]
    public void A_move_is_remembered_for_the_period(string what, RoutingTable table)
    {
        _view.Apply(table);

        _time.Advance(Period - TimeSpan.FromMilliseconds(1));
        Assert.True(_view.HasMovedWithin(Period), what);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(_view.HasMovedWithin(Period), what);
    }

    public static TheoryData<string, RoutingTable> Moves => new()
    {
        { "a slot", TableOf(("a", [1, 2]), ("b", [3, 1])) },
        { "a zone that comes", TableOf(("a", [1, 2]), ("b", [3, 3]), ("c", [1, 1])) },
        { "a zone that goes", TableOf(("a", [1, 2])) },
        { "another zone in its place", TableOf(("a", [1, 2]), ("c", [3, 3])) },
    };

    private static RoutingTable TableOf(params (string Zone, int[] Nodes)[] zones)
    {
        var table = new RoutingTable { SlotCount = 2 };
        table.Frontends.AddRange(zones.SelectMany(static zone => zone.Nodes).Distinct().Select(static id => new RoutedFrontend { NodeId = id }));
        table.Zones.AddRange(zones.Select(static zone => new ZoneRoutes { Zone = zone.Zone, NodeIdBySlot = { zone.Nodes } }));
        return table;
    }
}
