using Spillway.Raft.Hosting;
using Spillway.Testing;
using Xunit;

namespace Spillway.Raft.Tests.Hosting;

public sealed class TickClockTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Ticks_are_due_by_the_clock_and_not_by_how_often_it_is_asked()
    {
        var clock = new TickClock(_time, Interval, ticking: true);
        Assert.Equal(0, clock.TakeDue());

        _time.Advance(TimeSpan.FromMilliseconds(120));
        Assert.Equal(TimeSpan.Zero, clock.UntilNext());
        Assert.Equal(2, clock.TakeDue());
        Assert.Equal(0, clock.TakeDue());
        Assert.Equal(TimeSpan.FromMilliseconds(30), clock.UntilNext());

        _time.Advance(TimeSpan.FromMilliseconds(30));
        Assert.Equal(1, clock.TakeDue());
    }

    [Fact]
    public void After_a_pause_three_are_made_up_and_no_more()
    {
        var clock = new TickClock(_time, Interval, ticking: true);

        _time.Advance(TimeSpan.FromSeconds(20));

        Assert.Equal(3, clock.TakeDue());
        Assert.Equal(0, clock.TakeDue());
    }

    [Fact]
    public void Nothing_ticks_where_there_is_nobody_to_hear()
    {
        var clock = new TickClock(_time, Interval, ticking: false);

        _time.Advance(TimeSpan.FromSeconds(20));

        Assert.Equal(0, clock.TakeDue());
        Assert.Equal(Timeout.InfiniteTimeSpan, clock.UntilNext());
    }
}
