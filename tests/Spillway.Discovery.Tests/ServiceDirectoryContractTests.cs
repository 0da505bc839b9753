using Xunit;

namespace Spillway.Discovery.Tests;

/// <summary>What every directory promises, whatever it asks.</summary>
public abstract class ServiceDirectoryContractTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_zone_sees_its_own_instances_and_those_of_every_zone()
    {
        var directory = Create("wal-writer@a=10.0.0.1:1", "wal-writer@b=10.0.0.2:1", "wal-writer=10.0.0.3:1", "metadata@a=10.0.0.4:1");

        var found = await directory.FindAsync("wal-writer", "a", Cancellation);

        Assert.Equal(["wal-writer@a=10.0.0.1:1", "wal-writer=10.0.0.3:1"], found.Select(endpoint => endpoint.ToString()));
    }

    [Fact]
    public async Task No_zone_means_all_instances()
    {
        var directory = Create("wal-writer@a=10.0.0.1:1", "wal-writer@b=10.0.0.2:1", "metadata=10.0.0.4:1");

        Assert.Equal(2, (await directory.FindAsync("wal-writer", null, Cancellation)).Count);
    }

    [Fact]
    public async Task An_unknown_service_has_no_instances() =>
        Assert.Empty(await Create("metadata=10.0.0.4:1").FindAsync("wal-writer", null, Cancellation));

    [Fact]
    public async Task A_watch_begins_with_what_is_known_and_ends_when_cancelled()
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await using var watch = Create("metadata=10.0.0.4:1").WatchAsync("metadata", null, cancellation.Token).GetAsyncEnumerator(Cancellation);

        Assert.True(await watch.MoveNextAsync());
        Assert.Equal("10.0.0.4:1", Assert.Single(watch.Current).Address);
        var next = watch.MoveNextAsync();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
    }

    protected abstract IServiceDirectory Create(params string[] endpoints);
}
