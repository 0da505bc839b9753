using Spillway.Storage.Objects;
using Spillway.Testing;
using Xunit;

namespace Spillway.Storage.Tests.Objects.S3;

public sealed class RetryTests
{
    [Fact]
    public void Waits_are_spread_from_nothing_to_a_bound_that_doubles()
    {
        const int Seed = 11;
        var backoff = new RetryBackoff(new Random(Seed));
        for (var retry = 1; retry <= 12; retry++)
        {
            var bound = RetryBackoff.BoundOf(retry, isThrottled: false);
            Assert.Equal(Math.Min(100 * Math.Pow(2, retry - 1), 10_000), bound.TotalMilliseconds);
            var waits = Enumerable.Range(0, 200).Select(_ => backoff.Next(retry, isThrottled: false) / bound).ToList();
            Assert.All(waits, share => Assert.InRange(share, 0, 1));
            Assert.True(waits.Min() < 0.1 && waits.Max() > 0.9, $"seed {Seed}: {waits.Min()} to {waits.Max()}");
        }
    }

    [Fact]
    public void A_store_that_throttles_is_left_alone_for_longer() =>
        Assert.True(RetryBackoff.BoundOf(1, isThrottled: true) > RetryBackoff.BoundOf(1, isThrottled: false));

    [Fact]
    public void Retries_are_given_until_the_purse_is_empty_and_earned_back_by_time_and_by_good_requests()
    {
        var time = new ManualTimeProvider();
        var budget = new RetryBudget(time);
        var given = 0;
        while (budget.TryTake())
        {
            given++;
        }

        Assert.Equal((int)RetryBudget.RetriesMax, given);

        time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(budget.TryTake() && budget.TryTake());
        Assert.False(budget.TryTake());

        for (var i = 0; i < 11; i++)
        {
            budget.RequestSucceeded();
        }

        Assert.True(budget.TryTake());
        Assert.False(budget.TryTake());
    }
}
