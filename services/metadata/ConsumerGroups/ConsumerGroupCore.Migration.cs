using Spillway.Metadata.Groups;

namespace Spillway.Metadata.ConsumerGroups;

/// <summary>How a group with members goes from one protocol to the other (KIP-848, "Online migration").</summary>
internal sealed partial class ConsumerGroupCore
{
    /// <summary>
    /// Takes over a group of the classic protocol: each member owns what its generation gave it, and is to own just that. Null: what its
    /// members wrote is not what consumers write.
    /// </summary>
    public static ConsumerGroupCore? TryUpgrade(GroupCore classic, IGroupTopics topics, GroupLimits limits, long nowMs)
    {
        var core = Succeed(classic, topics, limits);
        core._replacesClassic = true;
        foreach (var before in classic.Members)
        {
            if (ConsumerMember.TryUpgrade(before, classic, topics) is not { } member)
            {
                return null;
            }

            // A partition that two say they own can only be one's: the other finds out when it joins.
            member = member with { Assigned = member.Assigned.Where(p => !core._owners.ContainsKey(p)) };
            core.Enter(member);
            core._targets[member.Id] = member.Assigned;
            core.Touch(member, nowMs);
            core._changedMembers.Add(member.Id);
            core._changedTargets.Add(member.Id);
            core._changedAssignments.Add(member.Id);
        }

        core._epochsChanged = true;
        return core;
    }

    /// <summary>
    /// The last member of the consumer protocol goes: the others go on by the classic one, with a rebalance for what it owned. False: it is
    /// not the last, or the group may not.
    /// </summary>
    private bool TryDowngradeWithout(ConsumerMember leaving, long nowMs, bool isReplaced = false)
    {
        var others = _members.Values.Where(m => m.Id != leaving.Id).ToList();
        if (leaving.Classic is not null
            || !_limits.Consumer.MayDowngrade
            || (others.Count == 0 && !isReplaced)
            || others.Count + (isReplaced ? 1 : 0) > _limits.SizeMax
            || others.Exists(m => m.Classic is null))
        {
            return false;
        }

        var members = others.ConvertAll(m => new GroupMember
        {
            Id = m.Id,
            InstanceId = m.InstanceId,
            ClientId = m.ClientId,
            ClientHost = m.ClientHost,
            SessionTimeoutMs = m.Classic!.SessionTimeoutMs,
            RebalanceTimeoutMs = m.RebalanceTimeoutMs,
            Protocols = [.. m.Classic.Protocols],
            Assignment = ToClassicAssignment(m, m.Assigned),
        });

        // Whoever waits for a change that is not written any more is answered when the group is durable in its other form. The first answer
        // counts, so those whose change is on its way may be among them.
        var (waiting, underWay) = (_waiting, _inFlight);
        Successor = GroupCore.Downgrade(_groupId, _groupEpoch, members, nowMs, (error, doneAt) =>
        {
            waiting.ForEach(answer => answer(error, doneAt));
            underWay?.ForEach(answer => answer(error, doneAt));
        });
        return true;
    }
}
