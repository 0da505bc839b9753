using Spillway.ZoneRouter.Placement;
using Xunit;

namespace Spillway.ZoneRouter.Tests.Placement;

public sealed class SlotPlacementTests
{
    [Fact]
    public void Without_frontends_there_are_no_slots() => Assert.Empty(SlotPlacement.Place([]));

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(20)]
    public void No_frontend_carries_more_than_a_quarter_above_its_share(int count)
    {
        var placed = SlotPlacement.Place([.. Enumerable.Range(1, count)]);

        var loads = placed.GroupBy(static node => node).Select(static group => group.Count()).ToList();
        Assert.Equal(count, loads.Count);
        Assert.All(loads, load => Assert.InRange(load, 1, (int)Math.Ceiling(SlotPlacement.SlotCount * 1.25 / count)));
    }

    [Fact]
    public void A_frontend_that_goes_moves_little_more_than_its_own_slots()
    {
        var before = SlotPlacement.Place([1, 2, 3, 4, 5]);

        var after = SlotPlacement.Place([1, 2, 4, 5]);

        var moved = before.Zip(after).Count(static pair => pair.First != pair.Second);
        var own = before.Count(static node => node == 3);
        Assert.InRange(moved, own, (int)(own * 1.3));
    }

    [Fact]
    public void The_order_of_the_frontends_does_not_matter() =>
        Assert.Equal(SlotPlacement.Place([1, 2, 3]), SlotPlacement.Place([3, 1, 2]));
}
