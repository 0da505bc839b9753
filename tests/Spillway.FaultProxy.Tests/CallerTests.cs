using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Spillway.Testing.Processes;
using Spillway.Testing.Wal;
using Xunit;
using static Spillway.FaultProxy.Tests.ProxyTestContext;

namespace Spillway.FaultProxy.Tests;

/// <summary>Who calls, and what is called: processes told apart, HTTP/2 carried.</summary>
public sealed class CallerTests
{
    [Fact]
    public async Task Each_caller_has_a_link_of_its_own()
    {
        List<int> candidates = [];
        await using var context = new ProxyTestContext(options => options with
        {
            NameOfCaller = (port, to) => SocketOwner.Find(port, to, candidates) is { } process
                ? process == Environment.ProcessId ? "me" : "child"
                : "nobody",
        });
        using var folder = new TemporaryFolder();
        var go = Path.Combine(folder.Path, "go");
        var script = $"until [ -e {go} ]; do sleep 0.05; done; exec 3<>/dev/tcp/127.0.0.1/{context.Proxy.Port}; sleep 3600";
        await using var child = ChildProcess.Start("bash", ["-c", script]);
        candidates.AddRange([child.Id, Environment.ProcessId]);

        var (mine, mineTarget) = await context.ConnectAsync();
        await File.WriteAllTextAsync(go, "", Cancelled);
        var childTarget = await context.AcceptAsync();
        context.Proxy.Link("child").Hold();

        await SendAsync(mine, 1);
        Assert.Equal([1], await ReceiveAsync(mineTarget, 1));
        await SendAsync(childTarget, 2);
        await UntilAsync(() => context.Proxy.Link("child").ToCaller.BytesWaiting == 1, "the child's byte is held");
        Assert.Equal(["child", "me"], context.Proxy.Links.Select(static link => link.Caller).Order());
        Assert.Equal("child>target", context.Proxy.Link("child").ToString());
    }

    [Fact]
    public async Task A_socket_that_none_of_the_candidates_has_is_nobodys()
    {
        await using var context = new ProxyTestContext();
        var caller = await context.ConnectCallerAsync();
        var port = ((IPEndPoint)caller.LocalEndPoint!).Port;

        Assert.Equal(Environment.ProcessId, SocketOwner.Find(port, context.Proxy.Port, [1, Environment.ProcessId]));
        Assert.Null(SocketOwner.Find(port, context.Proxy.Port, []));
        Assert.Null(SocketOwner.Find(port, 1, [Environment.ProcessId]));
    }

    [Fact]
    public async Task Http2_goes_through_and_comes_back_after_a_reset()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2));
        await using var server = builder.Build();
        server.MapGet("/", static (HttpContext http) => http.Request.Protocol);
        await server.StartAsync(Cancelled);
        await using var proxy = new TcpFaultProxy(new FaultProxyOptions { TargetPort = new Uri(server.Urls.First()).Port });
        using var client = new HttpClient
        {
            BaseAddress = new Uri($"http://127.0.0.1:{proxy.Port}"),
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        Assert.Equal("HTTP/2", await client.GetStringAsync("/", Cancelled));
        proxy.Link().Hold();
        var held = client.GetStringAsync("/", Cancelled);
        await UntilAsync(() => proxy.Link().ToTarget.BytesWaiting > 0, "the request is held");
        proxy.Link().ResetConnections();
        proxy.Link().Heal();

        await Assert.ThrowsAsync<HttpRequestException>(() => held);
        Assert.Equal("HTTP/2", await client.GetStringAsync("/", Cancelled));
        Assert.Equal(2, proxy.Link().AcceptedCount);
    }
}
