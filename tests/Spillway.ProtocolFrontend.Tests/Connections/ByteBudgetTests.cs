using Spillway.ProtocolFrontend.Connections;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Connections;

public sealed class ByteBudgetTests
{
    [Fact]
    public async Task Who_comes_first_is_served_first_even_if_a_later_one_would_fit()
    {
        var budget = new ByteBudget(100);
        await budget.AcquireAsync(80, CancellationToken.None);
        var large = budget.AcquireAsync(50, CancellationToken.None);
        var small = budget.AcquireAsync(10, CancellationToken.None);
        Assert.False(large.IsCompleted);
        Assert.False(small.IsCompleted);
        Assert.False(budget.TryAcquire(10));

        budget.Release(80);

        await large;
        await small;
        Assert.Equal(60, budget.UsedBytes);
    }

    [Fact]
    public async Task What_is_larger_than_the_budget_goes_in_alone()
    {
        var budget = new ByteBudget(100);

        await budget.AcquireAsync(1000, CancellationToken.None);

        var next = budget.AcquireAsync(1, CancellationToken.None);
        Assert.False(next.IsCompleted);
        budget.Release(1000);
        await next;
    }

    [Fact]
    public async Task A_cancelled_waiter_takes_nothing_and_lets_the_next_one_in()
    {
        var budget = new ByteBudget(100);
        await budget.AcquireAsync(100, CancellationToken.None);
        using var cancelled = new CancellationTokenSource();
        var first = budget.AcquireAsync(50, cancelled.Token).AsTask();
        var second = budget.AcquireAsync(60, CancellationToken.None);

        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        budget.Release(100);

        await second;
        Assert.Equal(60, budget.UsedBytes);
    }
}
