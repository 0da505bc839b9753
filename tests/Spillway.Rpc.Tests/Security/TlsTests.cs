using System.Security.Cryptography.X509Certificates;
using Spillway.Rpc.Testing.V1;

namespace Spillway.Rpc.Tests.Security;

public sealed class TlsTests : IDisposable
{
    private readonly TestAuthority _ours = new("ours");
    private readonly TestAuthority _other = new("other");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _ours.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task A_server_of_a_trusted_authority_is_called()
    {
        await using var server = await StartAsync(withClients: false);

        Assert.Equal("tls", await CallAsync(server, _ours.Trust, client: null));
    }

    [Fact]
    public async Task A_server_of_another_authority_is_Unavailable()
    {
        await using var server = await StartAsync(withClients: false);

        var failure = await Assert.ThrowsAsync<RpcException>(() => CallAsync(server, _other.Trust, client: null));

        Assert.Equal(RpcStatusCode.Unavailable, failure.Code);
    }

    [Fact]
    public async Task A_server_whose_certificate_names_another_host_is_Unavailable()
    {
        await using var server = await StartAsync(withClients: false, host: "elsewhere");

        var failure = await Assert.ThrowsAsync<RpcException>(() => CallAsync(server, _ours.Trust, client: null));

        Assert.Equal(RpcStatusCode.Unavailable, failure.Code);
    }

    [Fact]
    public async Task A_client_of_the_servers_authority_is_let_in_and_known_by_name()
    {
        await using var server = await StartAsync(withClients: true);
        using var certificate = _ours.Issue("frontend-1", forServer: false);

        Assert.Equal("tls CN=frontend-1", await CallAsync(server, _ours.Trust, certificate));
    }

    [Theory]
    [InlineData("no certificate")]
    [InlineData("of another authority")]
    [InlineData("for servers only")]
    public async Task Any_other_client_is_kept_out(string which)
    {
        await using var server = await StartAsync(withClients: true);
        using var certificate = which switch
        {
            "of another authority" => _other.Issue("frontend-1", forServer: false),
            "for servers only" => _ours.Issue("frontend-1", forServer: true),
            _ => null,
        };

        var failure = await Assert.ThrowsAsync<RpcException>(() => CallAsync(server, _ours.Trust, certificate));

        Assert.Equal(RpcStatusCode.Unavailable, failure.Code);
    }

    [Fact]
    public void Client_authorities_without_a_server_certificate_are_a_mistake() =>
        Assert.ThrowsAny<ArgumentException>(() => RpcTestServer.StartEchoAsync(
            new RpcListenerOptions { ClientAuthorities = _ours.Trust }).GetAwaiter().GetResult());

    private async Task<RpcTestServer> StartAsync(bool withClients, string host = "localhost") =>
        await RpcTestServer.StartAsync(
            app => app.MapRpcService(service => service.Unary(EchoService.Unary, (request, context) =>
                Task.FromResult(new EchoReply { Text = $"{request.Text} {context.ClientCertificate?.Subject}".Trim() }))),
            new RpcListenerOptions
            {
                ServerCertificate = _ours.Issue(host, forServer: true),
                ClientAuthorities = withClients ? _ours.Trust : null,
            });

    private static async Task<string> CallAsync(
        RpcTestServer server, X509Certificate2Collection trust, X509Certificate2? client)
    {
        using var channel = new RpcChannel(new RpcChannelOptions
        {
            Address = server.Address,
            ServerAuthorities = trust,
            ClientCertificate = client,
        });
        return (await channel.UnaryAsync(EchoService.Unary, new EchoRequest { Text = "tls" }, Token)).Text;
    }
}
