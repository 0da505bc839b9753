using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Spillway.Rpc.Tests.Security;

public class ListenerTests
{
    [Fact]
    public async Task A_listener_pings_and_sizes_its_windows_as_its_options_say()
    {
        var builder = WebApplication.CreateSlimBuilder();
        ListenOptions? listener = null;
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen =>
            listener = listen.ConfigureRpcListener(new RpcListenerOptions
            {
                KeepAlivePingDelay = TimeSpan.FromSeconds(3),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(2),
                StreamWindowBytes = 1 << 20,
                ConnectionWindowBytes = 2 << 20,
                StreamsMax = 77,
            })));
        await using var app = builder.Build();

        var limits = app.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;

        Assert.Equal(HttpProtocols.Http2, listener!.Protocols);
        Assert.Equal(TimeSpan.FromSeconds(3), limits.Http2.KeepAlivePingDelay);
        Assert.Equal(TimeSpan.FromSeconds(2), limits.Http2.KeepAlivePingTimeout);
        Assert.Equal(1 << 20, limits.Http2.InitialStreamWindowSize);
        Assert.Equal(2 << 20, limits.Http2.InitialConnectionWindowSize);
        Assert.Equal(77, limits.Http2.MaxStreamsPerConnection);
        Assert.Null(limits.MinResponseDataRate);
    }
}
