using Spillway.Kafka.Errors;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Groups;

/// <summary>How members come in, for the first time or again.</summary>
internal sealed partial class GroupCore
{
    /// <summary>A new member whose join takes longer than this has most likely gone; if not, it asks again.</summary>
    private const int NewMemberJoinTimeoutMs = 5 * 60 * 1000;

    /// <summary>Answers at once or when the rebalance is through. A new member, or a static one that comes back, gets
    /// <paramref name="newMemberId"/>.</summary>
    public void Join(JoinGroupCall call, string newMemberId, GroupLimits limits, long nowMs, Reply<JoinGroupResult> reply)
    {
        DeadlinesChanged = true;
        var isUnknown = call.MemberId.Length == 0;
        if (State == GroupState.Dead)
        {
            Refuse(reply, call.MemberId, ErrorCode.CoordinatorNotAvailable);
        }
        else if (call.SessionTimeoutMs < limits.SessionTimeoutMinMs || call.SessionTimeoutMs > limits.SessionTimeoutMaxMs)
        {
            Refuse(reply, call.MemberId, ErrorCode.InvalidSessionTimeout);
        }
        else if (!HasRoom(call, limits.SizeMax))
        {
            TurnOut(call.MemberId, nowMs);
            Refuse(reply, "", ErrorCode.GroupMaxSizeReached);
        }
        else if (!SharesProtocol(call))
        {
            Refuse(reply, call.MemberId, ErrorCode.InconsistentGroupProtocol);
        }
        else if (isUnknown)
        {
            JoinNew(call, newMemberId, limits, nowMs, reply);
        }
        else if (call.HasGroupInstanceId && _pending.ContainsKey(call.MemberId))
        {
            // Static members are never sent away with an id to come back with. As in Kafka, that is nobody's rule to break.
            Refuse(reply, call.MemberId, ErrorCode.UnknownServerError);
        }
        else if (_pending.Remove(call.MemberId))
        {
            AddMember(call, call.MemberId, limits, nowMs, reply);
        }
        else if (Validate(call.MemberId, InstanceOf(call)) is var error and not ErrorCode.None)
        {
            Refuse(reply, call.MemberId, error);
        }
        else
        {
            JoinAgain(call, _members.Find(call.MemberId)!, nowMs, reply);
        }
    }

    private static string? InstanceOf(JoinGroupCall call) => call.HasGroupInstanceId ? call.GroupInstanceId : null;

    private static void Refuse(Reply<JoinGroupResult> reply, string memberId, ErrorCode error) =>
        reply.Set(new JoinGroupResult { ErrorCode = (int)error, GenerationId = -1, MemberId = memberId });

    // While a rebalance gathers members, the first to come have the places; else those who are in.
    private bool HasRoom(JoinGroupCall call, int sizeMax)
    {
        var instanceId = InstanceOf(call);
        var id = instanceId is not null && call.MemberId.Length == 0 ? _members.FindIdOfInstance(instanceId) : call.MemberId;
        var member = id is null ? null : _members.Find(id);
        return State switch
        {
            GroupState.PreparingRebalance => member?.Join is not null || _members.JoinedCount < sizeMax,
            GroupState.CompletingRebalance or GroupState.Stable => member is not null || _members.Count < sizeMax,
            _ => true,
        };
    }

    private void TurnOut(string memberId, long nowMs)
    {
        _pending.Remove(memberId);
        if (_members.Find(memberId) is { } member)
        {
            Remove(member, ErrorCode.GroupMaxSizeReached);
        }

        MaybeCompleteJoin(nowMs);
    }

    private bool SharesProtocol(JoinGroupCall call)
    {
        if (call.ProtocolType.Length == 0 || call.Protocols.Count == 0)
        {
            return false;
        }

        return State == GroupState.Empty
            || (call.ProtocolType == ProtocolType && call.Protocols.Any(p => _members.AllSpeak(p.Name)));
    }

    private void JoinNew(
        JoinGroupCall call, string newMemberId, GroupLimits limits, long nowMs, Reply<JoinGroupResult> reply)
    {
        if (call.HasGroupInstanceId)
        {
            if (_members.FindIdOfInstance(call.GroupInstanceId) is { } oldId)
            {
                ReplaceStatic(call, _members.Find(oldId)!, newMemberId, nowMs, reply);
            }
            else
            {
                AddMember(call, newMemberId, limits, nowMs, reply);
            }
        }
        else if (call.RequiresKnownMemberId)
        {
            // Only a client that got its id counts as a member: else each of its retries would be another one (KIP-394).
            _pending[newMemberId] = nowMs + call.SessionTimeoutMs;
            Refuse(reply, newMemberId, ErrorCode.MemberIdRequired);
        }
        else
        {
            AddMember(call, newMemberId, limits, nowMs, reply);
        }
    }

    private void AddMember(
        JoinGroupCall call, string memberId, GroupLimits limits, long nowMs, Reply<JoinGroupResult> reply)
    {
        var member = new GroupMember
        {
            Id = memberId,
            InstanceId = InstanceOf(call),
            ClientId = call.ClientId,
            ClientHost = call.ClientHost,
            Protocols = [],
            IsNew = true,
            SessionDeadlineMs = nowMs + NewMemberJoinTimeoutMs,
        };
        member.Take(call);
        member.AwaitJoin(reply);
        if (_members.Count == 0)
        {
            ProtocolType = call.ProtocolType;
        }

        _members.Add(member);
        _leaderId ??= member.Id;
        _initial?.MemberAdded();
        RebalanceOrComplete(limits.InitialRebalanceDelayMs, nowMs);
    }

    private void JoinAgain(JoinGroupCall call, GroupMember member, long nowMs, Reply<JoinGroupResult> reply)
    {
        var isLeader = member.Id == _leaderId;
        var isSame = member.Matches(call.Protocols);
        if (State == GroupState.CompletingRebalance && isSame)
        {
            // It may not have got the answer to its join: once more.
            reply.Set(JoinedAnswer(member, isLeader, _leaderId!));
        }
        else if (State == GroupState.Stable && isSame && !isLeader)
        {
            reply.Set(JoinedAnswer(member, withMembers: false, _leaderId!));
        }
        else
        {
            // In a stable group the leader asks for a rebalance by joining: it has seen what members do not tell, new
            // partitions for one.
            member.Take(call);
            member.AwaitJoin(reply);
            RebalanceOrComplete(initialDelayMs: 0, nowMs);
        }
    }

    /// <summary>A static member's process came back. Its old self, if it still runs, is fenced (KIP-345).</summary>
    private void ReplaceStatic(
        JoinGroupCall call, GroupMember member, string newMemberId, long nowMs, Reply<JoinGroupResult> reply)
    {
        var leaderAsSeenBefore = _leaderId!;
        var wasLeader = _leaderId == member.Id;
        member.Fail(ErrorCode.FencedInstanceId);
        _members.Rename(member, newMemberId);
        if (wasLeader)
        {
            _leaderId = newMemberId;
        }

        member.Take(call);
        (member.ClientId, member.ClientHost) = (call.ClientId, call.ClientHost);
        member.AwaitJoin(reply);
        member.IsNew = false;
        Touch(member, nowMs);
        if (State != GroupState.Stable || _members.SelectProtocol() != ProtocolName)
        {
            // A leader that assigns right now assigns to the old id, so a rebalance that waits for it begins anew.
            RebalanceOrComplete(initialDelayMs: 0, nowMs);
            return;
        }

        var generation = GenerationId;
        var skips = call.SupportsSkippingAssignment;
        _writes.Enqueue(new GroupWrite(ToRecord(m => m.Assignment), (error, doneAt) =>
        {
            // A rebalance may have begun since; then the member takes part in it like any that has rejoined.
            if (member.Join != reply || State != GroupState.Stable || GenerationId != generation)
            {
                return;
            }

            if (error != ErrorCode.None)
            {
                member.Fail(error);
                Touch(member, doneAt);
                return;
            }

            // A leader that knows of skipped assignments may go on leading (KIP-814); any other would assign anew if it
            // were told that it leads.
            var answer = JoinedAnswer(member, wasLeader && skips, skips ? _leaderId! : leaderAsSeenBefore);
            answer.SkipAssignment = wasLeader && skips;
            member.Answer(answer);
            Touch(member, doneAt);
        }));
    }

    private JoinGroupResult JoinedAnswer(GroupMember member, bool withMembers, string leader)
    {
        var answer = new JoinGroupResult
        {
            GenerationId = GenerationId,
            ProtocolType = ProtocolType,
            ProtocolName = ProtocolName,
            Leader = leader,
            MemberId = member.Id,
        };
        foreach (var other in withMembers ? _members : Enumerable.Empty<GroupMember>())
        {
            var joined = new JoinedMember { MemberId = other.Id, Metadata = other.MetadataFor(ProtocolName) };
            if (other.InstanceId is not null)
            {
                joined.GroupInstanceId = other.InstanceId;
            }

            answer.Members.Add(joined);
        }

        return answer;
    }
}
