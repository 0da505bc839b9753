using System.Net;
using System.Net.Sockets;
using Spillway.Rpc.Testing.V1;

namespace Spillway.Rpc.Tests.Calls;

public class KeepAliveTests
{
    [Fact]
    public async Task A_peer_that_says_nothing_any_more_is_Unavailable_after_a_ping()
    {
        // A listener that takes the connection and then keeps silent, as a host does that lost its power.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var port = ((IPEndPoint)silent.LocalEndpoint).Port;
        using var channel = new RpcChannel(new RpcChannelOptions
        {
            Address = new Uri($"http://127.0.0.1:{port}"),
            KeepAlivePingDelay = TimeSpan.FromSeconds(1),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(1),
            DefaultDeadline = null,
        });

        var call = channel.UnaryAsync(EchoService.Unary, new EchoRequest(), TestContext.Current.CancellationToken);
        using var connection = await silent.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        // SETTINGS, empty: the connection is up.
        await connection.GetStream().WriteAsync(
            new byte[] { 0, 0, 0, 4, 0, 0, 0, 0, 0 }, TestContext.Current.CancellationToken);

        var failure = await Assert.ThrowsAsync<RpcException>(
            () => call.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));
        Assert.Equal(RpcStatusCode.Unavailable, failure.Code);
    }
}
