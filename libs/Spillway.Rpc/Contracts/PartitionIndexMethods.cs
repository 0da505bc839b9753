using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>The methods of <c>spillway.metadata.v1.PartitionIndex</c>: where batches lie.</summary>
public static class PartitionIndexMethods
{
    private const string Service = "spillway.metadata.v1.PartitionIndex";

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<TailSubscription, TailUpdate> WatchTail { get; } =
        RpcMethod.Create<TailSubscription, TailUpdate>(Service, "WatchTail");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<FindEntriesRequest, FindEntriesReply> FindEntries { get; } =
        RpcMethod.Create<FindEntriesRequest, FindEntriesReply>(Service, "FindEntries");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<ListLogOffsetsRequest, ListLogOffsetsReply> ListOffsets { get; } =
        RpcMethod.Create<ListLogOffsetsRequest, ListLogOffsetsReply>(Service, "ListOffsets");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<FindAbortedRequest, FindAbortedReply> FindAborted { get; } =
        RpcMethod.Create<FindAbortedRequest, FindAbortedReply>(Service, "FindAborted");
}
