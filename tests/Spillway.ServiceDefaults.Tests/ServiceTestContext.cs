using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Spillway.ServiceDefaults.Tests;

/// <summary>A real host on a free port with the service defaults and whatever the test adds.</summary>
internal sealed class ServiceTestContext : IAsyncDisposable
{
    private ServiceTestContext(WebApplication app)
    {
        App = app;
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        Http = new HttpClient { BaseAddress = new Uri(address) };
    }

    public WebApplication App { get; }

    public HttpClient Http { get; }

    public static WebApplication Build(Action<WebApplicationBuilder>? add = null, params string[] args)
    {
        var builder = ServiceHost.CreateBuilder(["--Spillway:Service:HttpPort=0", .. args]);
        builder.AddServiceDefaults("test-service");
        add?.Invoke(builder);
        var app = builder.Build();
        app.MapServiceDefaults();
        return app;
    }

    public static async Task<ServiceTestContext> StartAsync(Action<WebApplicationBuilder>? add = null, params string[] args)
    {
        var app = Build(add, args);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new ServiceTestContext(app);
    }

    public async Task<(HttpStatusCode Status, string Body)> GetAsync(string path)
    {
        using var response = await Http.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await App.DisposeAsync();
    }
}
