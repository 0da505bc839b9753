using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>Calls another process for consumer groups.</summary>
public sealed class RemoteGroupService(RpcChannel channel) : IGroupService
{
    /// <inheritdoc/>
    public Task<JoinGroupResult> JoinGroupAsync(JoinGroupCall request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(
            GroupMethods.JoinGroup, request, cancellationToken, LongPoll.DeadlineOf(request.RebalanceTimeoutMs));


    /// <inheritdoc/>
    public Task<SyncGroupResult> SyncGroupAsync(SyncGroupCall request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(GroupMethods.SyncGroup, request, cancellationToken, LongPoll.DeadlineOf(0));


    /// <inheritdoc/>
    public Task<HeartbeatResult> HeartbeatAsync(HeartbeatCall request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(GroupMethods.Heartbeat, request, cancellationToken);


    /// <inheritdoc/>
    public Task<LeaveGroupResult> LeaveGroupAsync(LeaveGroupCall request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(GroupMethods.LeaveGroup, request, cancellationToken);


    /// <inheritdoc/>
    public Task<CommitOffsetsResult> CommitOffsetsAsync(CommitOffsetsCall request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(GroupMethods.CommitOffsets, request, cancellationToken);


    /// <inheritdoc/>
    public Task<FetchOffsetsResult> FetchOffsetsAsync(FetchOffsetsCall request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(GroupMethods.FetchOffsets, request, cancellationToken);


    /// <inheritdoc/>
    public Task<DescribeGroupsResult> DescribeGroupsAsync(DescribeGroupsCall request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(GroupMethods.DescribeGroups, request, cancellationToken);


    /// <inheritdoc/>
    public Task<ListGroupsResult> ListGroupsAsync(ListGroupsCall request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(GroupMethods.ListGroups, request, cancellationToken);


    /// <inheritdoc/>
    public Task<DeleteGroupsResult> DeleteGroupsAsync(DeleteGroupsCall request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(GroupMethods.DeleteGroups, request, cancellationToken);
}
