using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>Calls another process for consumer groups.</summary>
public sealed class RemoteGroupService(MetadataChannels channels) : IGroupService
{
    /// <inheritdoc/>
    public Task<JoinGroupResult> JoinGroupAsync(JoinGroupCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(
            GroupMethods.JoinGroup, request, CallRule.Once, cancellationToken, LongPoll.DeadlineOf(request.RebalanceTimeoutMs));

    /// <inheritdoc/>
    public Task<SyncGroupResult> SyncGroupAsync(SyncGroupCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(GroupMethods.SyncGroup, request, CallRule.IfNotDone, cancellationToken, LongPoll.DeadlineOf(0));

    /// <inheritdoc/>
    public Task<HeartbeatResult> HeartbeatAsync(HeartbeatCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(GroupMethods.Heartbeat, request, CallRule.Repeatable, cancellationToken);

    /// <inheritdoc/>
    public Task<LeaveGroupResult> LeaveGroupAsync(LeaveGroupCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(GroupMethods.LeaveGroup, request, CallRule.IfNotDone, cancellationToken);

    /// <inheritdoc/>
    public Task<CommitOffsetsResult> CommitOffsetsAsync(CommitOffsetsCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(GroupMethods.CommitOffsets, request, CallRule.Once, cancellationToken);

    /// <inheritdoc/>
    public Task<FetchOffsetsResult> FetchOffsetsAsync(FetchOffsetsCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(GroupMethods.FetchOffsets, request, CallRule.Repeatable, cancellationToken);

    /// <inheritdoc/>
    public Task<DescribeGroupsResult> DescribeGroupsAsync(DescribeGroupsCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(GroupMethods.DescribeGroups, request, CallRule.Repeatable, cancellationToken);

    /// <inheritdoc/>
    public Task<ListGroupsResult> ListGroupsAsync(ListGroupsCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(GroupMethods.ListGroups, request, CallRule.Repeatable, cancellationToken);

    /// <inheritdoc/>
    public Task<DeleteGroupsResult> DeleteGroupsAsync(DeleteGroupsCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(GroupMethods.DeleteGroups, request, CallRule.IfNotDone, cancellationToken);

    /// <inheritdoc/>
    public Task<ConsumerHeartbeatResult> ConsumerGroupHeartbeatAsync(
        ConsumerHeartbeatCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(GroupMethods.ConsumerGroupHeartbeat, request, CallRule.IfNotDone, cancellationToken);

    /// <inheritdoc/>
    public Task<DescribeConsumerGroupsResult> DescribeConsumerGroupsAsync(
        DescribeGroupsCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(GroupMethods.DescribeConsumerGroups, request, CallRule.Repeatable, cancellationToken);

    /// <inheritdoc/>
    public Task<DeleteOffsetsResult> DeleteOffsetsAsync(DeleteOffsetsCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(GroupMethods.DeleteOffsets, request, CallRule.IfNotDone, cancellationToken);
}
