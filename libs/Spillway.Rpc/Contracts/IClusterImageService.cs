using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>
/// The image of topics, configs and nodes, kept current by a stream.
/// Implemented by the metadata service itself (in-process) and by a client over gRPC; a failed call throws RpcException in both.
/// </summary>
public interface IClusterImageService
{
    /// <summary>A full update first, then every change; ends only by cancellation or RpcException.</summary>
    IAsyncEnumerable<ImageUpdate> WatchAsync(WatchImageRequest request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<ReadBarrierReply> ReadBarrierAsync(ReadBarrierRequest request, CancellationToken cancellationToken);
}
