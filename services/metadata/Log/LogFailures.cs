using Spillway.Raft;
using Spillway.Rpc;
using Spillway.Rpc.Contracts;

namespace Spillway.Metadata.Log;

/// <summary>
/// What callers are told when the log did not take a command. "Don't know" is DeadlineExceeded, "not done" is Unavailable;
/// both may be tried again, with the same command.
/// </summary>
internal static class LogFailures
{
    public static RpcException ToRpc(ReplicatedLogException exception) => exception switch
    {
        LeadershipLostException lost => NotLeader.ToException(
            lost.OutcomeUnknown ? RpcStatusCode.DeadlineExceeded : RpcStatusCode.Unavailable,
            (lost.OutcomeUnknown ? "It is not known whether the change was made. " : "") + WhoLeads(lost.Leader),
            HintOf(lost.Leader),
            lost.Leader.Term,
            lost),
        _ when exception.OutcomeUnknown =>
            new RpcException(RpcStatusCode.DeadlineExceeded, "It is not known whether the change was made.", exception),
        LogOverloadedException =>
            new RpcException(RpcStatusCode.Unavailable, "Too many changes wait for the log.", exception),
        _ => new RpcException(RpcStatusCode.Unavailable, "The metadata log has failed.", exception),
    };

    /// <summary>The same where nothing was asked of the log, because this node does not lead.</summary>
    public static RpcException NotLeading(LeadershipState leadership) => NotLeader.ToException(
        RpcStatusCode.Unavailable, WhoLeads(leadership), HintOf(leadership), leadership.Term);

    private static string WhoLeads(LeadershipState leadership) => HintOf(leadership) is { } address
        ? $"This node does not lead; the leader may be at {address}."
        : "This node does not lead, and knows no leader.";

    // Of a node that takes itself for the leader and has no majority behind it, its own address is no hint.
    private static string? HintOf(LeadershipState leadership) => leadership.IsLeader ? null : leadership.LeaderAddress;
}
