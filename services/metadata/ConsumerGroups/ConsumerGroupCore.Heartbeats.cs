using Spillway.Kafka.Errors;
using Spillway.Metadata.Groups;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.ConsumerGroups;

/// <summary>How members of the consumer protocol come, go on and leave: all by one request.</summary>
internal sealed partial class ConsumerGroupCore
{
    public void ConsumerHeartbeat(
        ConsumerHeartbeatCall call, GroupLimits limits, IGroupTopics topics, long nowMs, Reply<ConsumerHeartbeatResult> reply)
    {
        _limits = limits;
        if (_abandoned || IsSpent)
        {
            Refuse(reply, ErrorCode.NotCoordinator);
        }
        else if (call.MemberEpoch < 0)
        {
            Leave(call, nowMs, reply);
        }
        else if (Find(call) is var (error, message, found) && error != ErrorCode.None)
        {
            Refuse(reply, error, message);
        }
        else if (call.HasTopicRegex && !_regexes.TryAdd(call.TopicRegex, out var fault))
        {
            Refuse(reply, ErrorCode.InvalidRegularExpression,
                $"SubscribedTopicRegex `{call.TopicRegex}` is not a valid regular expression: {fault}.");
        }
        else
        {
            GoOn(call, found ?? ComeIn(call, nowMs), nowMs, reply);
        }
    }

    private static void Refuse(Reply<ConsumerHeartbeatResult> reply, ErrorCode error, string message = "") =>
        reply.Set(Failed(error, message));

    private static ConsumerHeartbeatResult Failed(ErrorCode error, string message = "")
    {
        var result = new ConsumerHeartbeatResult { ErrorCode = (int)error };
        if (message.Length > 0)
        {
            result.ErrorMessage = message;
        }

        return result;
    }

    /// <summary>The member that the heartbeat is of. Without an error and without a member: it is a new one, and may come in.</summary>
    private (ErrorCode Error, string Message, ConsumerMember? Member) Find(ConsumerHeartbeatCall call)
    {
        var isJoin = call.MemberEpoch == MemberEpochs.Join;
        var instance = call.HasGroupInstanceId ? FindStatic(call.GroupInstanceId) : null;
        if (call.HasGroupInstanceId && !isJoin && instance is null)
        {
            return (ErrorCode.UnknownMemberId, $"Instance id {call.GroupInstanceId} is unknown.", null);
        }

        if (instance is not null && instance.Id != call.MemberId)
        {
            return isJoin ? CheckReplacement(call, instance) : (ErrorCode.FencedInstanceId,
                $"Static member {call.MemberId} with instance id {call.GroupInstanceId} was fenced by member {instance.Id}.", null);
        }

        if (!_members.TryGetValue(call.MemberId, out var member))
        {
            return !isJoin ? (ErrorCode.UnknownMemberId, $"Member {call.MemberId} is not a member of group {_groupId}.", null)
                : _members.Count >= _limits.Consumer.SizeMax ? Full()
                : default;
        }

        return CheckEpoch(call, member);
    }

    private (ErrorCode Error, string Message, ConsumerMember? Member) Full() => (ErrorCode.GroupMaxSizeReached,
        $"The consumer group has reached its maximum capacity of {_limits.Consumer.SizeMax} members.", null);

    /// <summary>A static member may only take the place of one that has said that it goes, or of a classic one (KIP-848).</summary>
    private static (ErrorCode Error, string Message, ConsumerMember? Member) CheckReplacement(
        ConsumerHeartbeatCall call, ConsumerMember instance) => instance.IsAway || instance.Classic is not null
        ? default
        : (ErrorCode.UnreleasedInstanceId, $"Static member {call.MemberId} with instance id {call.GroupInstanceId} cannot join the group "
            + $"because the instance id is owned by {instance.Id} member.", null);

    private static (ErrorCode Error, string Message, ConsumerMember? Member) CheckEpoch(
        ConsumerHeartbeatCall call, ConsumerMember member)
    {
        // One that was fenced gives up everything and joins again under its id (KIP-848); so does one that missed the answer to its join.
        if (call.MemberEpoch == MemberEpochs.Join || call.MemberEpoch == member.MemberEpoch)
        {
            return (ErrorCode.None, "", member);
        }

        // The answer that told of the new epoch may be lost. Then it owns no more than that answer gave it.
        var isBehind = call.MemberEpoch == member.PreviousMemberEpoch && call.MemberEpoch < member.MemberEpoch;
        if (isBehind && call.HasOwned && PartitionSet.Read(call.Owned).IsSubsetOf(member.Assigned))
        {
            return (ErrorCode.None, "", member);
        }

        var comparison = call.MemberEpoch > member.MemberEpoch ? "greater" : "smaller";
        return (ErrorCode.FencedMemberEpoch, $"The consumer group member has a {comparison} member epoch ({call.MemberEpoch}) than the one "
            + $"known by the group coordinator ({member.MemberEpoch}). The member must abandon all its partitions and rejoin.", null);
    }

    private ConsumerMember ComeIn(ConsumerHeartbeatCall call, long nowMs)
    {
        if (call.HasGroupInstanceId && FindStatic(call.GroupInstanceId) is { } before)
        {
            return TakePlaceOf(before, call.MemberId, nowMs);
        }

        return Add(call.MemberId, nowMs);
    }

    private ConsumerMember Add(string memberId, long nowMs)
    {
        var member = new ConsumerMember { Id = memberId };
        Enter(member);
        Touch(member, nowMs);
        _changedMembers.Add(memberId);
        _changedAssignments.Add(memberId);
        return member;
    }

    /// <summary>A static member's process is back under another id: it keeps its partitions, and no epoch passes for that.</summary>
    private ConsumerMember TakePlaceOf(ConsumerMember before, string memberId, long nowMs)
    {
        var target = TargetOf(before.Id);
        Remove(before);
        var member = before with { Id = memberId, MemberEpoch = 0, PreviousMemberEpoch = 0 };
        Enter(member);
        Touch(member, nowMs);
        _targets[memberId] = target;
        _changedMembers.Add(memberId);
        _changedTargets.Add(memberId);
        _changedAssignments.Add(memberId);
        return member;
    }

    private void GoOn(ConsumerHeartbeatCall call, ConsumerMember before, long nowMs, Reply<ConsumerHeartbeatResult> reply)
    {
        var member = before.With(call);
        Update(before, member, nowMs);
        var owned = call.HasOwned ? PartitionSet.Read(call.Owned) : null;
        var after = Reconcile(member, owned, nowMs);
        Touch(after, nowMs);
        var result = new ConsumerHeartbeatResult
        {
            MemberId = after.Id,
            MemberEpoch = after.MemberEpoch,
            HeartbeatIntervalMs = _limits.Consumer.HeartbeatIntervalMs,
        };

        // Only when it asks, by saying everything of itself, or when it does not know it: it is new, or what told it was lost.
        var saysAll = call.RebalanceTimeoutMs != -1 && call.HasOwned && (call.HasTopicNames || call.HasTopicRegex);
        var knowsIt = call.MemberEpoch == before.MemberEpoch
            && after.Assigned.Equals(before.Assigned)
            && (owned is null || owned.Equals(after.Assigned));
        if (saysAll || !knowsIt)
        {
            result.Assignment = new ConsumerAssignment();
            after.Assigned.WriteTo(result.Assignment.Partitions);
        }

        WhenDurable(nowMs, (error, _) => reply.Set(error == ErrorCode.None ? result : Failed(error)));
    }

    /// <summary>Takes what a member says of itself, and what follows from it for the group: its epoch and its targets.</summary>
    private void Update(ConsumerMember before, ConsumerMember member, long nowMs)
    {
        if (!member.HasSameMetadataAs(before))
        {
            Enter(member);
            _changedMembers.Add(member.Id);
        }

        var isNew = !_targets.ContainsKey(member.Id);
        var hasOtherTopics = !member.HasSameSubscriptionAs(before);
        if (hasOtherTopics || isNew)
        {
            _subscribedNames = null;
            _regexes.Retain(_members.Values.Select(m => m.TopicRegex));
        }

        var topicsChanged = RefreshTopics(nowMs);
        if (hasOtherTopics || isNew || (topicsChanged && _groupEpoch == _assignmentEpoch))
        {
            NextGroupEpoch();
        }

        UpdateTargets();
    }

    private void Leave(ConsumerHeartbeatCall call, long nowMs, Reply<ConsumerHeartbeatResult> reply)
    {
        var member = call.HasGroupInstanceId ? FindStatic(call.GroupInstanceId) : _members.GetValueOrDefault(call.MemberId);
        if (member is null)
        {
            Refuse(reply, ErrorCode.UnknownMemberId, $"Member {call.MemberId} is not a member of group {_groupId}.");
            return;
        }

        if (member.Id != call.MemberId)
        {
            Refuse(reply, ErrorCode.FencedInstanceId,
                $"Static member {call.MemberId} with instance id {call.GroupInstanceId} was fenced by member {member.Id}.");
            return;
        }

        if (call.MemberEpoch == MemberEpochs.LeaveForAWhile)
        {
            var away = member with { MemberEpoch = MemberEpochs.LeaveForAWhile, PendingRevocation = PartitionSet.Empty };
            Enter(away);
            WatchRevocation(away, nowMs);
            _changedAssignments.Add(away.Id);
        }
        else
        {
            Fence(member, nowMs);
        }

        var result = new ConsumerHeartbeatResult { MemberId = call.MemberId, MemberEpoch = call.MemberEpoch };
        WhenDurable(nowMs, (error, _) => reply.Set(error == ErrorCode.None ? result : Failed(error)));
    }
}
