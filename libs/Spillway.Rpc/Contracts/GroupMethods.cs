using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>The methods of <c>spillway.metadata.v1.Groups</c>: consumer groups.</summary>
public static class GroupMethods
{
    private const string Service = "spillway.metadata.v1.Groups";

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<JoinGroupCall, JoinGroupResult> JoinGroup { get; } =
        RpcMethod.Create<JoinGroupCall, JoinGroupResult>(Service, "JoinGroup");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<SyncGroupCall, SyncGroupResult> SyncGroup { get; } =
        RpcMethod.Create<SyncGroupCall, SyncGroupResult>(Service, "SyncGroup");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<HeartbeatCall, HeartbeatResult> Heartbeat { get; } =
        RpcMethod.Create<HeartbeatCall, HeartbeatResult>(Service, "Heartbeat");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<LeaveGroupCall, LeaveGroupResult> LeaveGroup { get; } =
        RpcMethod.Create<LeaveGroupCall, LeaveGroupResult>(Service, "LeaveGroup");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<CommitOffsetsCall, CommitOffsetsResult> CommitOffsets { get; } =
        RpcMethod.Create<CommitOffsetsCall, CommitOffsetsResult>(Service, "CommitOffsets");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<FetchOffsetsCall, FetchOffsetsResult> FetchOffsets { get; } =
        RpcMethod.Create<FetchOffsetsCall, FetchOffsetsResult>(Service, "FetchOffsets");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<DescribeGroupsCall, DescribeGroupsResult> DescribeGroups { get; } =
        RpcMethod.Create<DescribeGroupsCall, DescribeGroupsResult>(Service, "DescribeGroups");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<ListGroupsCall, ListGroupsResult> ListGroups { get; } =
        RpcMethod.Create<ListGroupsCall, ListGroupsResult>(Service, "ListGroups");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<DeleteGroupsCall, DeleteGroupsResult> DeleteGroups { get; } =
        RpcMethod.Create<DeleteGroupsCall, DeleteGroupsResult>(Service, "DeleteGroups");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<ConsumerHeartbeatCall, ConsumerHeartbeatResult> ConsumerGroupHeartbeat { get; } =
        RpcMethod.Create<ConsumerHeartbeatCall, ConsumerHeartbeatResult>(Service, "ConsumerGroupHeartbeat");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<DescribeGroupsCall, DescribeConsumerGroupsResult> DescribeConsumerGroups { get; } =
        RpcMethod.Create<DescribeGroupsCall, DescribeConsumerGroupsResult>(Service, "DescribeConsumerGroups");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<DeleteOffsetsCall, DeleteOffsetsResult> DeleteOffsets { get; } =
        RpcMethod.Create<DeleteOffsetsCall, DeleteOffsetsResult>(Service, "DeleteOffsets");
}
