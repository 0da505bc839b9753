using Spillway.Kafka.Errors;
using Spillway.Metadata.Groups;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.ConsumerGroups;

/// <summary>What an operator is told of a group: only what is durable.</summary>
internal static class ConsumerGroupDescription
{
    public static DescribedConsumerGroup Of(string groupId, DurableConsumerGroup group, ConsumerGroupLimits limits) => new()
    {
        GroupId = groupId,
        State = group.State.ToString(),
        GroupEpoch = group.GroupEpoch,
        AssignmentEpoch = group.AssignmentEpoch,
        Assignor = limits.Choose(group.Members.Values.Select(m => m.Member.HasServerAssignor ? m.Member.ServerAssignor : null)).Name,
        Members = { group.Members.Values.Select(ToDescribed) },
    };

    public static DescribedConsumerGroup Missing(string groupId, bool isClassic) => new()
    {
        GroupId = groupId,
        State = nameof(GroupState.Dead),
        // Classic groups may be called "", for clients of old that commit without a group; these may not.
        ErrorCode = (int)(groupId.Length == 0 ? ErrorCode.InvalidGroupId : ErrorCode.GroupIdNotFound),
        ErrorMessage = isClassic ? $"Group {groupId} is not a consumer group." : $"Group {groupId} not found.",
    };

    private static DescribedConsumerMember ToDescribed(DurableConsumerMember member)
    {
        var stored = member.Member;
        var described = new DescribedConsumerMember
        {
            MemberId = stored.MemberId,
            MemberEpoch = member.MemberEpoch,
            ClientId = stored.ClientId,
            ClientHost = stored.ClientHost,
            IsClassic = stored.Classic is not null,
            TopicNames = { stored.SubscribedTopics },
        };
        if (stored.HasGroupInstanceId)
        {
            described.GroupInstanceId = stored.GroupInstanceId;
        }

        if (stored.HasRackId)
        {
            described.RackId = stored.RackId;
        }

        if (stored.HasSubscribedRegex)
        {
            described.TopicRegex = stored.SubscribedRegex;
        }

        if (member.Assignment is { } assignment)
        {
            described.Assigned.AddRange(assignment.Assigned);
        }

        if (member.Target is { } target)
        {
            described.Target.AddRange(target.Partitions);
        }

        return described;
    }
}
