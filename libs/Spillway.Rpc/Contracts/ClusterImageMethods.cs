using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>The methods of <c>spillway.metadata.v1.ClusterImage</c>: topics, configs and nodes.</summary>
public static class ClusterImageMethods
{
    private const string Service = "spillway.metadata.v1.ClusterImage";

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<WatchImageRequest, ImageUpdate> Watch { get; } =
        RpcMethod.Create<WatchImageRequest, ImageUpdate>(Service, "Watch");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<ReadBarrierRequest, ReadBarrierReply> ReadBarrier { get; } =
        RpcMethod.Create<ReadBarrierRequest, ReadBarrierReply>(Service, "ReadBarrier");
}
