using Google.Protobuf;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Metadata.Groups;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.ConsumerGroups;

/// <summary>
/// Members that still speak the classic protocol, with the consumer protocol embedded (KIP-848, "Online migration"). The coordinator assigns
/// for them: nobody leads, a generation is a member epoch, and to join is to say what one owns.
/// </summary>
internal sealed partial class ConsumerGroupCore
{
    public void Join(JoinGroupCall call, string newMemberId, GroupLimits limits, long nowMs, Reply<JoinGroupResult> reply)
    {
        _limits = limits;
        DeadlinesChanged = true;
        if (_members.Count == 0)
        {
            JoinEmpty(call, newMemberId, nowMs, reply);
            return;
        }

        var (error, subscription) = CheckJoin(call);
        if (error != ErrorCode.None)
        {
            Refuse(reply, error, call.MemberId);
        }
        else if (call.MemberId.Length == 0 && call.RequiresKnownMemberId && !call.HasGroupInstanceId)
        {
            Refuse(reply, ErrorCode.MemberIdRequired, newMemberId);
        }
        else if (call.MemberId.Length == 0
            && call.HasGroupInstanceId
            && FindStatic(call.GroupInstanceId) is { Classic: null } last
            && TryDowngradeWithout(last, nowMs, isReplaced: true))
        {
            Successor!.Join(call, newMemberId, limits, nowMs, reply);
        }
        else
        {
            JoinClassic(call, subscription!, ComeIn(call, newMemberId, nowMs), nowMs, reply);
        }
    }

    public void Sync(SyncGroupCall call, long nowMs, Reply<SyncGroupResult> reply)
    {
        var error = FindClassic(call.MemberId, call.HasGroupInstanceId ? call.GroupInstanceId : null, call.GenerationId, out var member);
        if (error == ErrorCode.None)
        {
            error = CheckSync(call, member!, nowMs);
        }

        if (error != ErrorCode.None)
        {
            reply.Set(new SyncGroupResult { ErrorCode = (int)error });
            return;
        }

        var result = new SyncGroupResult { Assignment = ToClassicAssignment(member!, member!.Assigned) };
        if (call.HasProtocolType)
        {
            result.ProtocolType = call.ProtocolType;
        }

        if (call.HasProtocolName)
        {
            result.ProtocolName = call.ProtocolName;
        }

        _deadlines[member.Id].SyncMs = Never;
        Touch(member, nowMs);
        WhenDurable(nowMs, (failed, _) =>
            reply.Set(failed == ErrorCode.None ? result : new SyncGroupResult { ErrorCode = (int)failed }));
    }

    public ErrorCode Heartbeat(HeartbeatCall call, long nowMs)
    {
        var error = FindClassic(call.MemberId, call.HasGroupInstanceId ? call.GroupInstanceId : null, call.GenerationId, out var member);
        if (error != ErrorCode.None)
        {
            return error;
        }

        Touch(member!, nowMs);

        // To join again is how it learns of another epoch, confirms a revocation, and gets what others have given up since.
        var hasNews = member!.MemberEpoch < _groupEpoch
            || member.State == ReconciliationState.Unrevoked
            || (member.State == ReconciliationState.Unreleased && !WaitsForOthers(member));
        return hasNews ? HasToJoinAgain(member, nowMs) : ErrorCode.None;
    }

    public void Leave(LeaveGroupCall call, long nowMs, Reply<LeaveGroupResult> reply)
    {
        var result = new LeaveGroupResult();
        var left = false;
        foreach (var leaving in call.Members)
        {
            var error = FindLeaving(leaving, out var member);
            if (error == ErrorCode.None)
            {
                Remove(member!);
                left = true;
            }

            var answer = new LeftMember { MemberId = member?.Id ?? leaving.MemberId, ErrorCode = (int)error };
            if (leaving.HasGroupInstanceId)
            {
                answer.GroupInstanceId = leaving.GroupInstanceId;
            }

            result.Members.Add(answer);
        }

        if (left)
        {
            NextGroupEpoch();
        }

        WhenDurable(nowMs, (error, _) => reply.Set(error == ErrorCode.None ? result : new LeaveGroupResult { ErrorCode = (int)error }));
    }

    private static void Refuse(Reply<JoinGroupResult> reply, ErrorCode error, string memberId) =>
        reply.Set(new JoinGroupResult { ErrorCode = (int)error, GenerationId = -1, MemberId = memberId });

    /// <summary>Nobody is in: the group goes over to the classic protocol with the first who comes by it.</summary>
    private void JoinEmpty(JoinGroupCall call, string newMemberId, long nowMs, Reply<JoinGroupResult> reply)
    {
        if (!IsIdle || _abandoned)
        {
            // The last one's leave is on its way to the log.
            Refuse(reply, ErrorCode.CoordinatorLoadInProgress, call.MemberId);
            return;
        }

        Successor = GroupCore.Succeed(_groupId, _groupEpoch, _revision);
        Successor.Join(call, newMemberId, _limits, nowMs, reply);
    }

    private (ErrorCode Error, ConsumerProtocolSubscription? Subscription) CheckJoin(JoinGroupCall call)
    {
        var instance = call.HasGroupInstanceId ? FindStatic(call.GroupInstanceId) : null;
        var id = call.MemberId.Length == 0 ? instance?.Id ?? "" : call.MemberId;
        var subscription = call.ProtocolType == EmbeddedConsumerProtocol.Type && SharesProtocol(call, id)
            ? EmbeddedConsumerProtocol.TryReadSubscription(call.Protocols[0].Metadata)
            : null;
        var error = _abandoned || IsSpent ? ErrorCode.NotCoordinator
            : call.SessionTimeoutMs < _limits.SessionTimeoutMinMs || call.SessionTimeoutMs > _limits.SessionTimeoutMaxMs
                ? ErrorCode.InvalidSessionTimeout
            : _members.Count >= _limits.Consumer.SizeMax && !_members.ContainsKey(id) ? ErrorCode.GroupMaxSizeReached
            : subscription is null ? ErrorCode.InconsistentGroupProtocol
            : !call.HasGroupInstanceId || call.MemberId.Length == 0 ? ErrorCode.None
            : instance is null ? ErrorCode.UnknownMemberId
            : instance.Id != call.MemberId ? ErrorCode.FencedInstanceId
            : ErrorCode.None;
        return (error, subscription);
    }

    /// <summary>There is a protocol that all classic members speak: the group may have to go back to it.</summary>
    private bool SharesProtocol(JoinGroupCall call, string memberId) => call.Protocols.Any(protocol => _members.Values.All(
        m => m.Classic is null || m.Id == memberId || m.Classic.Protocols.Any(p => p.Name == protocol.Name)));

    private ConsumerMember ComeIn(JoinGroupCall call, string newMemberId, long nowMs)
    {
        var id = call.MemberId.Length == 0 ? newMemberId : call.MemberId;
        if (call.HasGroupInstanceId && FindStatic(call.GroupInstanceId) is { } before && before.Id != id)
        {
            return TakePlaceOf(before, id, nowMs);
        }

        return _members.TryGetValue(id, out var member) ? member : Add(id, nowMs);
    }

    private void JoinClassic(
        JoinGroupCall call, ConsumerProtocolSubscription subscription, ConsumerMember before, long nowMs, Reply<JoinGroupResult> reply)
    {
        var member = before with
        {
            InstanceId = call.HasGroupInstanceId ? call.GroupInstanceId : before.InstanceId,
            RackId = string.IsNullOrEmpty(subscription.RackId) ? before.RackId : subscription.RackId,
            RebalanceTimeoutMs = call.RebalanceTimeoutMs,
            TopicNames = ConsumerMember.InOrder(subscription.Topics),
            TopicRegex = null,
            ServerAssignor = null,
            ClientId = call.ClientId,
            ClientHost = call.ClientHost,
            Classic = new StoredClassicSubscription { SessionTimeoutMs = call.SessionTimeoutMs, Protocols = { call.Protocols } },
        };
        Update(before, member, nowMs);
        var owned = EmbeddedConsumerProtocol.ToPartitions(
            subscription.OwnedPartitions.Select(t => (t.Topic, t.Partitions)), _topics);
        var after = Reconcile(member, owned, nowMs);
        Touch(after, nowMs);
        var deadlines = _deadlines[after.Id];
        (deadlines.JoinMs, deadlines.SyncMs) = (Never, nowMs + call.RebalanceTimeoutMs);
        var result = new JoinGroupResult
        {
            MemberId = after.Id,
            GenerationId = after.MemberEpoch,
            ProtocolType = EmbeddedConsumerProtocol.Type,
            ProtocolName = call.Protocols[0].Name,
        };
        WhenDurable(nowMs, (error, _) =>
        {
            if (error == ErrorCode.None)
            {
                reply.Set(result);
            }
            else
            {
                Refuse(reply, error, result.MemberId);
            }
        });
    }

    private ErrorCode FindClassic(string memberId, string? instanceId, int generationId, out ConsumerMember? member)
    {
        member = instanceId is null ? _members.GetValueOrDefault(memberId) : FindStatic(instanceId);
        return _abandoned || IsSpent ? ErrorCode.NotCoordinator
            : member is null ? ErrorCode.UnknownMemberId
            : member.Id != memberId ? ErrorCode.FencedInstanceId
            : member.Classic is null ? ErrorCode.UnknownMemberId
            : member.MemberEpoch != generationId ? ErrorCode.IllegalGeneration
            : ErrorCode.None;
    }

    private ErrorCode FindLeaving(LeavingMember leaving, out ConsumerMember? member)
    {
        // An administrator removes static members by their instance id alone.
        member = leaving.HasGroupInstanceId ? FindStatic(leaving.GroupInstanceId) : _members.GetValueOrDefault(leaving.MemberId);
        return member is null ? ErrorCode.UnknownMemberId
            : leaving.MemberId.Length > 0 && leaving.MemberId != member.Id ? ErrorCode.FencedInstanceId
            : member.Classic is null ? ErrorCode.UnknownMemberId
            : ErrorCode.None;
    }

    private ErrorCode CheckSync(SyncGroupCall call, ConsumerMember member, long nowMs)
    {
        if ((call.HasProtocolType && call.ProtocolType != EmbeddedConsumerProtocol.Type)
            || (call.HasProtocolName && call.ProtocolName != member.Classic!.Protocols[0].Name))
        {
            return ErrorCode.InconsistentGroupProtocol;
        }

        // One that has to revoke has joined already: it learns by its assignment what to give up.
        return member.MemberEpoch < _groupEpoch && member.State != ReconciliationState.Unrevoked
            ? HasToJoinAgain(member, nowMs)
            : ErrorCode.None;
    }

    private ErrorCode HasToJoinAgain(ConsumerMember member, long nowMs)
    {
        var deadlines = _deadlines[member.Id];
        if (deadlines.JoinMs == Never)
        {
            deadlines.JoinMs = nowMs + member.RebalanceTimeoutMs;
            DeadlinesChanged = true;
        }

        return ErrorCode.RebalanceInProgress;
    }

    private bool WaitsForOthers(ConsumerMember member) => TargetOf(member.Id)
        .Any(p => !member.Assigned.Contains(p) && _owners.TryGetValue(p, out var owner) && owner != member.Id);

    private ByteString ToClassicAssignment(ConsumerMember member, PartitionSet partitions) =>
        EmbeddedConsumerProtocol.WriteAssignment(partitions, _topics, member.Classic!.Protocols[0].Metadata);
}
