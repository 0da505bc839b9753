using Microsoft.AspNetCore.Routing;

namespace Spillway.Rpc.Append;

/// <summary>Maps the append stream to a route.</summary>
public static class WalAppendEndpointRouteBuilderExtensions
{
    /// <summary>Serves spillway.wal.v1.WalAppend: each remote stream is one stream of <paramref name="service"/>.</summary>
    public static IEndpointRouteBuilder MapWalAppend(
        this IEndpointRouteBuilder endpoints, IWalAppendService service, WalAppendOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(service);
        options ??= new WalAppendOptions();
        return endpoints.MapRpcService(builder =>
        {
            builder.MessageBytesMax = options.MessageBytesMax;
            builder.RawDuplex(WalAppendMethod.Append, async call =>
            {
                var clientName = call.Context.Headers.Find(WalAppendMethod.ClientNameHeader)
                    ?? call.Context.RemoteEndPoint?.ToString() ?? "unknown";
                await using var stream = service.OpenStream(clientName);
                await new WalAppendSession(call, stream, options).RunAsync();
            });
        });
    }
}
