using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Rpc;

namespace Spillway.ProtocolFrontend.Connections;

/// <summary>
/// The one place where a failure of ours becomes a Kafka error code. "Don't know" is always retriable (design.md P4).
/// </summary>
internal static class FailureTranslation
{
    public static ErrorCode ToErrorCode(ApiKey apiKey, Exception failure) => failure switch
    {
        RpcException { Code: RpcStatusCode.InvalidArgument } => ErrorCode.InvalidRequest,
        _ when IsForCoordinator(apiKey) => ForCoordinator(apiKey, failure),

        // What administrators ask a partition's leader: their clients take any other code of these for the end.
        _ when apiKey is ApiKey.DescribeProducers or ApiKey.WriteTxnMarkers => ErrorCode.NotLeaderOrFollower,
        RpcException { Code: RpcStatusCode.DeadlineExceeded } or TimeoutException => ErrorCode.RequestTimedOut,
        RpcException => apiKey is ApiKey.Produce or ApiKey.Fetch or ApiKey.ListOffsets or ApiKey.DeleteRecords
            ? ErrorCode.KafkaStorageError
            : ErrorCode.RequestTimedOut,
        _ => ErrorCode.RequestTimedOut,
    };

    private static bool IsForCoordinator(ApiKey apiKey) => apiKey is
        ApiKey.JoinGroup or ApiKey.SyncGroup or ApiKey.Heartbeat or ApiKey.LeaveGroup or ApiKey.OffsetCommit
        or ApiKey.OffsetFetch or ApiKey.DescribeGroups or ApiKey.ListGroups or ApiKey.DeleteGroups
        or ApiKey.FindCoordinator or ApiKey.InitProducerId
        or ApiKey.ConsumerGroupHeartbeat or ApiKey.ConsumerGroupDescribe or ApiKey.OffsetDelete
        or ApiKey.AddPartitionsToTxn or ApiKey.AddOffsetsToTxn or ApiKey.EndTxn or ApiKey.TxnOffsetCommit
        or ApiKey.DescribeTransactions or ApiKey.ListTransactions;

    // A JoinGroup of unknown outcome must not be sent again under the same breath, or ghosts join: the client finds its
    // coordinator anew first.
    private static ErrorCode ForCoordinator(ApiKey apiKey, Exception failure) => apiKey switch
    {
        ApiKey.JoinGroup or ApiKey.SyncGroup or ApiKey.Heartbeat or ApiKey.LeaveGroup => ErrorCode.NotCoordinator,
        _ => failure is RpcException { Code: RpcStatusCode.DeadlineExceeded } or TimeoutException
            ? ErrorCode.NotCoordinator
            : ErrorCode.CoordinatorNotAvailable,
    };
}
