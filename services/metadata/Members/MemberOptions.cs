namespace Spillway.Metadata.Members;

/// <summary>A metadata node and where it is.</summary>
internal sealed class MemberOptions
{
    /// <summary>The node's id, 1 or more.</summary>
    public int NodeId { get; init; }

    /// <summary>Host and port of its Raft transport, as the others reach it: <c>metadata-0.metadata:7101</c>.</summary>
    public string RaftAddress { get; init; } = "";

    /// <summary>URL of its RPC, as other services reach it: <c>http://metadata-0.metadata:7100</c>.</summary>
    public string Address { get; init; } = "";
}
