using Spillway.Testing;
using Spillway.WalWriter.Volumes;
using Xunit;

namespace Spillway.WalWriter.Tests.Volumes;

public sealed class VolumePaceTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Without_caps_nothing_waits()
    {
        var pace = new VolumePace(0, 0, _time);

        for (var i = 0; i < 10_000; i++)
        {
            Assert.Equal(TimeSpan.Zero, pace.GetWait());
            pace.Take(1 << 20);
        }
    }

    [Fact]
    public void Flushes_keep_to_their_rate_over_any_stretch_of_time()
    {
        var pace = new VolumePace(50, 0, _time);
        var random = new Random(3);
        var taken = new List<DateTimeOffset>();
        for (var i = 0; i < 2000; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(random.Next(40)));
            var wait = pace.GetWait();
            _time.Advance(wait);
            Assert.InRange(pace.GetWait().Ticks, 0, 1);
            pace.Take(4096);
            taken.Add(_time.GetUtcNow());
        }

        for (var first = 0; first < taken.Count; first += 17)
        {
            for (var last = first + 1; last < taken.Count; last += 13)
            {
                // A tenth of a second's worth may come at once.
                Assert.InRange(last - first + 1, 0, (50 * (taken[last] - taken[first]).TotalSeconds) + 5 + 1.01);
            }
        }
    }

    [Fact]
    public void A_block_larger_than_what_is_left_passes_and_is_paid_back()
    {
        var pace = new VolumePace(0, 1_000_000, _time);

        pace.Take(3_100_000);

        Assert.Equal(3, pace.GetWait().TotalSeconds, 3);
        _time.Advance(TimeSpan.FromSeconds(3.001));
        Assert.Equal(TimeSpan.Zero, pace.GetWait());
    }

    [Fact]
    public void The_scarcer_of_both_decides()
    {
        var pace = new VolumePace(1, 1_000_000, _time);

        pace.Take(600_000);

        Assert.Equal(1, pace.GetWait().TotalSeconds, 3);
        pace.Take(2_000_000);
        Assert.Equal(2.5, pace.GetWait().TotalSeconds, 3);
    }

    [Fact]
    public void Rates_are_those_of_the_last_whole_seconds()
    {
        var pace = new VolumePace(0, 0, _time);
        for (var i = 0; i < 100; i++)
        {
            pace.Take(1000);
            _time.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.Equal(10, pace.FlushesPerSecond, 3);
        Assert.Equal(10_000, pace.BytesPerSecond, 3);
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.InRange(pace.FlushesPerSecond, 4, 6);
        _time.Advance(TimeSpan.FromSeconds(1000));
        Assert.Equal(0, pace.FlushesPerSecond);
    }
}
