using Xunit;

namespace Spillway.Discovery.Tests;

public sealed class ServiceEndpointTests
{
    [Theory]
    [InlineData("metadata=127.0.0.1:9100", "metadata", null, "127.0.0.1", 9100)]
    [InlineData("wal-writer@eu-1a=writer.local:1", "wal-writer", "eu-1a", "writer.local", 1)]
    [InlineData("zone-router@b=[fd00::1]:65535", "zone-router", "b", "fd00::1", 65535)]
    public void The_written_form_is_read_and_written_back(string text, string service, string? zone, string host, int port)
    {
        Assert.True(ServiceEndpoint.TryParse(text, out var endpoint));

        Assert.Equal(new ServiceEndpoint(service, zone, host, port), endpoint);
        Assert.Equal(text, endpoint.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("metadata")]
    [InlineData("metadata=127.0.0.1")]
    [InlineData("metadata=:9100")]
    [InlineData("=127.0.0.1:9100")]
    [InlineData("metadata@=127.0.0.1:9100")]
    [InlineData("metadata@a@b=127.0.0.1:9100")]
    [InlineData("metadata=127.0.0.1:0")]
    [InlineData("metadata=127.0.0.1:65536")]
    [InlineData("metadata=127.0.0.1:-1")]
    [InlineData("metadata=fd00::1:9100")]
    [InlineData("metadata=a b:9100")]
    public void Anything_else_is_refused(string? text) => Assert.False(ServiceEndpoint.TryParse(text, out _));
}
