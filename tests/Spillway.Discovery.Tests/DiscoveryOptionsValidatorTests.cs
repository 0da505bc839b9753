using Xunit;

namespace Spillway.Discovery.Tests;

public sealed class DiscoveryOptionsValidatorTests
{
    private readonly DiscoveryOptionsValidator _validator = new();

    [Fact]
    public void The_defaults_are_valid() => Assert.True(_validator.Validate(null, new DiscoveryOptions()).Succeeded);

    [Fact]
    public void Every_bad_value_is_told_with_its_key_and_an_example()
    {
        var result = _validator.Validate(null, new DiscoveryOptions { Endpoints = ["metadata=a:1", "nonsense"], RefreshPeriod = TimeSpan.Zero });

        Assert.Equal(
            [
                "Spillway:Discovery:Endpoints:1 must be SERVICE[@ZONE]=HOST:PORT, not 'nonsense' (for example Spillway:Discovery:Endpoints:1=wal-writer@a=10.0.1.7:9100)",
                "Spillway:Discovery:RefreshPeriod must be from 100 ms to one hour (for example Spillway:Discovery:RefreshPeriod=00:00:05)",
            ],
            result.Failures);
    }
}
