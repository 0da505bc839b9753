using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Spillway.Rpc.Tests;

/// <summary>A real Kestrel on a free port of the loopback address, with the services that a test maps.</summary>
internal sealed class RpcTestServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RpcTestServer(WebApplication app, Uri address, CapturedLogs logs)
    {
        _app = app;
        Address = address;
        Logs = logs;
    }

    public Uri Address { get; }

    public CapturedLogs Logs { get; }

    public static async Task<RpcTestServer> StartAsync(
        Action<IEndpointRouteBuilder> map, RpcListenerOptions? options = null, Action<IServiceCollection>? services = null)
    {
        var logs = new CapturedLogs();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(logs);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.ConfigureRpcListener(options)));
        services?.Invoke(builder.Services);
        var app = builder.Build();
        map(app);
        await app.StartAsync(TestContext.Current.CancellationToken);
        var port = new Uri(app.Urls.First()).Port;
        var scheme = options?.ServerCertificate is null ? "http" : "https";
        // Certificates of the tests name localhost.
        return new RpcTestServer(app, new Uri($"{scheme}://localhost:{port}"), logs);
    }

    public static Task<RpcTestServer> StartEchoAsync(RpcListenerOptions? options = null) =>
        StartAsync(app => app.MapRpcService(EchoService.Map), options);

    public Task StopAsync() => _app.StopAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(atOnce.Token);
        await _app.DisposeAsync();
    }
}
