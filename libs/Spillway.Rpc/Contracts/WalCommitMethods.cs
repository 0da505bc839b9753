using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>The methods of <c>spillway.metadata.v1.WalCommit</c>: segments and committed blocks.</summary>
public static class WalCommitMethods
{
    private const string Service = "spillway.metadata.v1.WalCommit";

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<OpenSegmentRequest, OpenSegmentReply> OpenSegment { get; } =
        RpcMethod.Create<OpenSegmentRequest, OpenSegmentReply>(Service, "OpenSegment");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcRawMethod CommitBlocks { get; } = new(Service, "CommitBlocks");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<SealSegmentRequest, SealSegmentReply> SealSegment { get; } =
        RpcMethod.Create<SealSegmentRequest, SealSegmentReply>(Service, "SealSegment");
}
