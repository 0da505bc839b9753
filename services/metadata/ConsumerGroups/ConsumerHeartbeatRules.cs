using Spillway.Kafka.Errors;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.ConsumerGroups;

/// <summary>What a ConsumerGroupHeartbeat must be like in itself, whatever the group is (KIP-848, KIP-1082).</summary>
internal static class ConsumerHeartbeatRules
{
    public static (ErrorCode Error, string Message) Check(ConsumerHeartbeatCall call, ConsumerGroupLimits limits)
    {
        if (FindFault(call) is { } fault)
        {
            return (ErrorCode.InvalidRequest, fault);
        }

        if (call.HasServerAssignor && limits.FindAssignor(call.ServerAssignor) is null)
        {
            var known = string.Join(", ", limits.Assignors.Select(a => a.Name));
            return (ErrorCode.UnsupportedAssignor,
                $"ServerAssignor {call.ServerAssignor} is not supported. Supported assignors: {known}.");
        }

        return (ErrorCode.None, "");
    }

    private static string? FindFault(ConsumerHeartbeatCall call) => call switch
    {
        { GroupId: "" } => "GroupId can't be empty.",
        { HasGroupInstanceId: true } when IsBlank(call.GroupInstanceId) => "InstanceId can't be empty.",
        { HasRackId: true } when IsBlank(call.RackId) => "RackId can't be empty.",
        { MemberEpoch: < MemberEpochs.LeaveForAWhile } => "MemberEpoch is invalid.",
        { MemberEpoch: not MemberEpochs.Join } or { RequiresMemberId: true } when IsBlank(call.MemberId) => "MemberId can't be empty.",
        { MemberEpoch: MemberEpochs.LeaveForAWhile, HasGroupInstanceId: false } => "InstanceId can't be null.",
        { MemberEpoch: MemberEpochs.Join } => FindFaultOfJoin(call),
        _ => null,
    };

    private static string? FindFaultOfJoin(ConsumerHeartbeatCall call) =>
        call.RebalanceTimeoutMs == -1 ? "RebalanceTimeoutMs must be provided in first request."
        : !call.HasOwned || call.Owned.Count > 0 ? "TopicPartitions must be empty when (re-)joining."
        : !call.HasTopicNames && !call.HasTopicRegex
            ? "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining."
        : null;

    private static bool IsBlank(string value) => string.IsNullOrWhiteSpace(value);
}
