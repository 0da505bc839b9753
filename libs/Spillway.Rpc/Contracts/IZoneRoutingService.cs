using Spillway.Rpc.Zones;

namespace Spillway.Rpc.Contracts;

/// <summary>The zone-router's table, kept current by a stream. Implemented by the router itself and by a client over gRPC.</summary>
public interface IZoneRoutingService
{
    /// <summary>The table now, then each new one; ends only by cancellation or RpcException.</summary>
    IAsyncEnumerable<RoutingTable> WatchRoutesAsync(WatchRoutesRequest request, CancellationToken cancellationToken);
}
