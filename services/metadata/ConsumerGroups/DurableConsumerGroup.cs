using Spillway.Kafka.Errors;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.ConsumerGroups;

/// <summary>What survives of a group of the consumer protocol when its coordinator does not. Part of the state.</summary>
internal sealed class DurableConsumerGroup
{
    /// <summary>Counts the changes: one that was decided on another state than this is told by it.</summary>
    public long Revision { get; set; }

    public int GroupEpoch { get; set; }

    public int AssignmentEpoch { get; set; }

    public ulong TopicsHash { get; set; }

    /// <summary>In ordinal order of their ids.</summary>
    public SortedDictionary<string, DurableConsumerMember> Members { get; } = new(StringComparer.Ordinal);

    public ConsumerGroupState State =>
        Members.Count == 0 ? ConsumerGroupState.Empty
        : GroupEpoch > AssignmentEpoch ? ConsumerGroupState.Assigning
        : Members.Values.All(IsReconciled) ? ConsumerGroupState.Stable
        : ConsumerGroupState.Reconciling;

    /// <summary>Whether it is a member and in this epoch.</summary>
    public ErrorCode CheckEpoch(string memberId, int memberEpoch) =>
        !Members.TryGetValue(memberId, out var member) ? ErrorCode.UnknownMemberId
        : member.MemberEpoch == memberEpoch ? ErrorCode.None
        : member.Member.Classic is null ? ErrorCode.StaleMemberEpoch
        : ErrorCode.IllegalGeneration;

    public void Apply(ChangeConsumerGroup change)
    {
        Revision++;
        GroupEpoch = change.GroupEpoch;
        AssignmentEpoch = change.AssignmentEpoch;
        TopicsHash = change.TopicsHash;
        foreach (var id in change.RemovedMemberIds)
        {
            Members.Remove(id);
        }

        foreach (var member in change.Members)
        {
            if (Members.TryGetValue(member.MemberId, out var known))
            {
                known.Member = member;
            }
            else
            {
                Members.Add(member.MemberId, new DurableConsumerMember(member));
            }
        }

        foreach (var target in change.Targets)
        {
            Members[target.MemberId].Target = target;
        }

        foreach (var assignment in change.Assignments)
        {
            Members[assignment.MemberId].Assignment = assignment;
        }
    }

    private bool IsReconciled(DurableConsumerMember member) =>
        member.Assignment is { State: StoredAssignment.Types.State.Stable } assignment
        && assignment.MemberEpoch == AssignmentEpoch;
}
