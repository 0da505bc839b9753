using Spillway.Storage.Caching;
using Xunit;

namespace Spillway.Storage.Tests.Caching;

public sealed class HedgePolicyTests
{
    [Fact]
    public void A_quantile_is_right_to_within_an_eighth()
    {
        var random = new Random(7);
        var quantile = new LatencyQuantile(0.95);
        var all = new List<double>();
        for (var i = 0; i < 1000; i++)
        {
            var millis = 1 + (1000 * Math.Pow(random.NextDouble(), 3));
            all.Add(millis);
            quantile.Add(TimeSpan.FromMilliseconds(millis));
        }

        var exact = all.Order().ElementAt(949);
        Assert.InRange(quantile.Find()!.Value.TotalMilliseconds, exact, exact * 1.13);
    }

    [Fact]
    public void A_quantile_follows_what_changes()
    {
        var quantile = new LatencyQuantile(0.95);
        Repeat(5000, () => quantile.Add(TimeSpan.FromMilliseconds(200)));
        Repeat(12_000, () => quantile.Add(TimeSpan.FromMilliseconds(10)));

        Assert.InRange(quantile.Find()!.Value.TotalMilliseconds, 10, 11.5);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(1_000_000_000_000)]
    public void Every_duration_has_its_place(long micros)
    {
        var quantile = new LatencyQuantile(0.5);
        Repeat(LatencyQuantile.SamplesMin, () => quantile.Add(TimeSpan.FromMicroseconds(micros)));

        Assert.True(quantile.Find() > TimeSpan.Zero);
    }

    [Fact]
    public void Nothing_is_late_before_enough_is_known_and_each_size_is_known_by_itself()
    {
        var policy = new HedgePolicy(0.05);
        Repeat(LatencyQuantile.SamplesMin - 1, () => policy.Ended(1000, TimeSpan.FromMilliseconds(100)));
        Assert.Null(policy.Begin(1000));

        policy.Ended(1000, TimeSpan.FromMilliseconds(100));

        Assert.InRange(policy.Begin(2000)!.Value.TotalMilliseconds, 100, 113);
        Assert.Null(policy.Begin(1 << 20));
    }

    [Fact]
    public void Sooner_than_five_milliseconds_nothing_is_late()
    {
        var policy = new HedgePolicy(0.05);
        Repeat(100, () => policy.Ended(1000, TimeSpan.FromMicroseconds(100)));

        Assert.Equal(TimeSpan.FromMilliseconds(5), policy.Begin(1000));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(20)]
    public void Second_reads_are_a_share_of_all_whatever_is_late(int percent)
    {
        var policy = new HedgePolicy(percent / 100.0);
        var taken = 0;
        for (var i = 0; i < 2000; i++)
        {
            policy.Begin(1000);
            taken += policy.TryTake() ? 1 : 0;
        }

        Assert.Equal(2000 * percent / 100, taken);
    }

    [Fact]
    public void Only_so_many_are_saved_up()
    {
        var policy = new HedgePolicy(0.5);
        Repeat(10_000, () => policy.Begin(1000));
        var taken = 0;
        while (policy.TryTake())
        {
            taken++;
        }

        Assert.Equal(HedgePolicy.SavedMax, taken);
    }

    [Fact]
    public void Without_a_share_nothing_is_ever_late()
    {
        var policy = new HedgePolicy(0);
        Repeat(100, () => policy.Ended(1000, TimeSpan.FromMilliseconds(100)));

        Assert.Null(policy.Begin(1000));
        Assert.False(policy.TryTake());
    }

    private static void Repeat(int count, Action action)
    {
        for (var i = 0; i < count; i++)
        {
            action();
        }
    }
}
