using Spillway.Testing;
using Xunit;

namespace Spillway.Discovery.Tests;

public sealed class DnsServiceDirectoryTests : ServiceDirectoryContractTests
{
    private static readonly TimeSpan RefreshPeriod = TimeSpan.FromSeconds(5);

    private readonly ScriptedNameResolver _resolver = new();
    private readonly ManualTimeProvider _time = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_address_of_a_name_is_an_instance()
    {
        _resolver.Addresses["writers.a"] = ["10.0.0.2", "10.0.0.1", "fd00::1"];

        var found = await Create("wal-writer@a=writers.a:9100").FindAsync("wal-writer", "a", Cancellation);

        Assert.Equal(["10.0.0.1:9100", "10.0.0.2:9100", "[fd00::1]:9100"], found.Select(endpoint => endpoint.Address));
        Assert.All(found, endpoint => Assert.Equal("a", endpoint.Zone));
    }

    [Fact]
    public async Task Answers_are_kept_for_the_refresh_period_and_no_longer()
    {
        _resolver.Addresses["writers"] = ["10.0.0.1"];
        var directory = Create("wal-writer=writers:9100");
        await directory.FindAsync("wal-writer", null, Cancellation);
        _resolver.Addresses["writers"] = ["10.0.0.2"];

        Assert.Equal("10.0.0.1:9100", (await directory.FindAsync("wal-writer", null, Cancellation)).Single().Address);
        Assert.Equal(1, _resolver.QueryCount);
        _time.Advance(RefreshPeriod);
        Assert.Equal("10.0.0.2:9100", (await directory.FindAsync("wal-writer", null, Cancellation)).Single().Address);
    }

    [Fact]
    public async Task A_name_that_resolves_no_more_keeps_its_last_addresses()
    {
        _resolver.Addresses["writers"] = ["10.0.0.1"];
        var directory = Create("wal-writer=writers:9100", "wal-writer=never:9100");
        await directory.FindAsync("wal-writer", null, Cancellation);
        _resolver.Addresses.Clear();
        _time.Advance(RefreshPeriod);

        Assert.Equal("10.0.0.1:9100", (await directory.FindAsync("wal-writer", null, Cancellation)).Single().Address);
    }

    [Fact]
    public async Task A_watch_tells_changes_and_not_rotations()
    {
        _resolver.Addresses["writers"] = ["10.0.0.1", "10.0.0.2"];
        await using var watch = Create("wal-writer=writers:9100").WatchAsync("wal-writer", null, Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.True(await watch.MoveNextAsync());

        var next = watch.MoveNextAsync();
        _resolver.Addresses["writers"] = ["10.0.0.2", "10.0.0.1"];
        _time.Advance(RefreshPeriod);
        Assert.False(next.IsCompleted);

        _resolver.Addresses["writers"] = ["10.0.0.2", "10.0.0.3"];
        var changed = next.AsTask();
        while (!changed.IsCompleted)
        {
            Cancellation.ThrowIfCancellationRequested();
            _time.Advance(RefreshPeriod); // a tick that comes while the loop is not waiting yet is kept by the timer
            await Task.Yield();
        }

        Assert.True(await changed);
        Assert.Equal(["10.0.0.2:9100", "10.0.0.3:9100"], watch.Current.Select(endpoint => endpoint.Address));
    }

    [Fact]
    public async Task The_machines_own_resolver_knows_localhost()
    {
        var addresses = await new SystemNameResolver().ResolveAsync("localhost", Cancellation);

        Assert.Contains(addresses, System.Net.IPAddress.IsLoopback);
    }

    protected override IServiceDirectory Create(params string[] endpoints) => DiscoveryServices.Create(
        new DiscoveryOptions { Kind = DiscoveryKind.Dns, Endpoints = endpoints, RefreshPeriod = RefreshPeriod }, _resolver, _time);
}
