using Spillway.S3Compactor.Compacting;
using Spillway.Testing;
using Xunit;

namespace Spillway.S3Compactor.Tests.Compacting;

/// <summary>log.cleaner.io.max.bytes.per.second, on a clock of the test's.</summary>
public sealed class IoBudgetTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task What_is_spent_is_waited_for_at_the_rate()
    {
        var budget = new IoBudget(100, _time);

        var spent = budget.SpendAsync(1_000, TestContext.Current.CancellationToken).AsTask();
        _time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(spent.IsCompleted);

        _time.Advance(TimeSpan.FromSeconds(0.1));
        await spent.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

        // Time that passed otherwise counts.
        _time.Advance(TimeSpan.FromSeconds(5));
        await budget.SpendAsync(500, TestContext.Current.CancellationToken).AsTask()
            .WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Without_a_rate_nothing_waits()
    {
        var budget = new IoBudget(0, _time);
        Assert.True(budget.SpendAsync(long.MaxValue, TestContext.Current.CancellationToken).AsTask().IsCompletedSuccessfully);
    }
}
