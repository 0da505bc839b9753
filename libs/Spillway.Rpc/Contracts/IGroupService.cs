using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>
/// Consumer groups and their offsets.
/// Implemented by the metadata service itself (in-process) and by a client over gRPC; a failed call throws RpcException in both.
/// </summary>
public interface IGroupService
{
    /// <summary>See the contract under proto/spillway.</summary>
    Task<JoinGroupResult> JoinGroupAsync(JoinGroupCall request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<SyncGroupResult> SyncGroupAsync(SyncGroupCall request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<HeartbeatResult> HeartbeatAsync(HeartbeatCall request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<LeaveGroupResult> LeaveGroupAsync(LeaveGroupCall request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<CommitOffsetsResult> CommitOffsetsAsync(CommitOffsetsCall request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<FetchOffsetsResult> FetchOffsetsAsync(FetchOffsetsCall request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<DescribeGroupsResult> DescribeGroupsAsync(DescribeGroupsCall request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<ListGroupsResult> ListGroupsAsync(ListGroupsCall request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<DeleteGroupsResult> DeleteGroupsAsync(DeleteGroupsCall request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<ConsumerHeartbeatResult> ConsumerGroupHeartbeatAsync(ConsumerHeartbeatCall request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<DescribeConsumerGroupsResult> DescribeConsumerGroupsAsync(DescribeGroupsCall request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<DeleteOffsetsResult> DeleteOffsetsAsync(DeleteOffsetsCall request, CancellationToken cancellationToken);
}
