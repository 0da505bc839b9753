using Spillway.Raft;
using Spillway.Rpc;

namespace Spillway.Metadata.Log;

/// <summary>
/// What callers are told when the log did not take a command. "Don't know" is DeadlineExceeded, "not done" is Unavailable;
/// both may be tried again, with the same command.
/// </summary>
internal static class LogFailures
{
    public static RpcException ToRpc(ReplicatedLogException exception) => exception switch
    {
        _ when exception.OutcomeUnknown =>
            new RpcException(RpcStatusCode.DeadlineExceeded, "It is not known whether the change was made.", exception),
        LeadershipLostException { Leader.LeaderAddress: { } address } =>
            new RpcException(RpcStatusCode.Unavailable, $"This node does not lead; the leader may be at {address}.", exception),
        LeadershipLostException =>
            new RpcException(RpcStatusCode.Unavailable, "This node does not lead, and knows no leader.", exception),
        LogOverloadedException =>
            new RpcException(RpcStatusCode.Unavailable, "Too many changes wait for the log.", exception),
        _ => new RpcException(RpcStatusCode.Unavailable, "The metadata log has failed.", exception),
    };
}
