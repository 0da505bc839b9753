using Spillway.ProtocolFrontend.Cluster;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Cluster;

public sealed class ClientZonesTests
{
    [Theory]
    [InlineData("zone=a", "a")]
    [InlineData("app&zone=eu-1a&x=y", "eu-1a")]
    [InlineData("x=1;automq_az=b", "b")]
    [InlineData("ws_az=c,app=z", "c")]
    [InlineData("diskless_az=d|src->dst|connector|role", "d")]
    [InlineData("app|zone=x", null)]
    [InlineData("zone=", null)]
    [InlineData("myzone=a", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void The_marker_in_a_client_id_names_the_zone(string? clientId, string? zone) =>
        Assert.Equal(zone, ClientZones.FindMarker(clientId));
}
