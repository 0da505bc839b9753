using Google.Protobuf;
using Spillway.Kafka.Errors;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Groups;

/// <summary>How a generation ends and the next one begins, and how its members get their assignments.</summary>
internal sealed partial class GroupCore
{
    // Not null: the group was empty and waits a while for more members before its first generation.
    private InitialRebalance? _initial;

    // Not null: the leader's plan for this generation is on its way to the log.
    private Dictionary<string, ByteString>? _assigning;

    /// <summary>Answers with the assignment, once the leader has sent all and they are durable.</summary>
    public void Sync(SyncGroupCall call, long nowMs, Reply<SyncGroupResult> reply)
    {
        DeadlinesChanged = true;
        var error = CheckSync(call);
        if (error != ErrorCode.None)
        {
            reply.Set(new SyncGroupResult { ErrorCode = (int)error });
            return;
        }

        var member = _members.Find(call.MemberId)!;
        member.OwesSync = false;
        if (!_members.Any(m => m.OwesSync))
        {
            _syncDeadlineMs = Never;
        }

        if (State == GroupState.Stable)
        {
            Touch(member, nowMs);
            reply.Set(SyncedAnswer(member));
            return;
        }

        member.AwaitSync(reply);
        if (member.Id == _leaderId && _assigning is null)
        {
            PersistAssignments(call);
        }
    }

    private ErrorCode CheckSync(SyncGroupCall call)
    {
        if (Validate(call.MemberId, call.HasGroupInstanceId ? call.GroupInstanceId : null) is var error and not ErrorCode.None)
        {
            return error;
        }

        if (call.GenerationId != GenerationId)
        {
            return ErrorCode.IllegalGeneration;
        }

        if ((call.HasProtocolType && call.ProtocolType != ProtocolType)
            || (call.HasProtocolName && call.ProtocolName != ProtocolName))
        {
            return ErrorCode.InconsistentGroupProtocol;
        }

        return State == GroupState.PreparingRebalance ? ErrorCode.RebalanceInProgress : ErrorCode.None;
    }

    private void PersistAssignments(SyncGroupCall call)
    {
        var plan = new Dictionary<string, ByteString>(StringComparer.Ordinal);
        foreach (var assignment in call.Assignments)
        {
            plan[assignment.MemberId] = assignment.Assignment;
        }

        _assigning = plan;
        _writes.Enqueue(new GroupWrite(
            ToRecord(m => plan.GetValueOrDefault(m.Id, ByteString.Empty)), (error, nowMs) => Assigned(plan, error, nowMs)));
    }

    private void Assigned(Dictionary<string, ByteString> plan, ErrorCode error, long nowMs)
    {
        // A rebalance that began in the meantime has answered all who waited, and nobody gets an assignment of this plan.
        if (_assigning != plan)
        {
            return;
        }

        _assigning = null;
        if (error != ErrorCode.None)
        {
            FailSyncs(error, nowMs);
            PrepareRebalance(initialDelayMs: 0, nowMs);
            return;
        }

        State = GroupState.Stable;
        foreach (var member in _members)
        {
            member.Assignment = plan.GetValueOrDefault(member.Id, ByteString.Empty);
            if (member.Sync is not null)
            {
                Touch(member, nowMs);
                member.Answer(SyncedAnswer(member));
            }
        }
    }

    private SyncGroupResult SyncedAnswer(GroupMember member) => new()
    {
        ProtocolType = ProtocolType, ProtocolName = ProtocolName, Assignment = member.Assignment,
    };

    private void FailSyncs(ErrorCode error, long nowMs)
    {
        foreach (var member in _members)
        {
            if (member.Sync is not null)
            {
                Touch(member, nowMs);
                member.Answer(new SyncGroupResult { ErrorCode = (int)error });
            }
        }
    }

    private void RebalanceOrComplete(int initialDelayMs, long nowMs)
    {
        if (State == GroupState.PreparingRebalance)
        {
            MaybeCompleteJoin(nowMs);
        }
        else
        {
            PrepareRebalance(initialDelayMs, nowMs);
        }
    }

    private void PrepareRebalance(int initialDelayMs, long nowMs)
    {
        DeadlinesChanged = true;
        if (State == GroupState.CompletingRebalance)
        {
            FailSyncs(ErrorCode.RebalanceInProgress, nowMs);
        }

        _assigning = null;
        _syncDeadlineMs = Never;
        var isInitial = State == GroupState.Empty;
        State = GroupState.PreparingRebalance;
        if (!isInitial)
        {
            _joinDeadlineMs = nowMs + _members.RebalanceTimeoutMs;
            MaybeCompleteJoin(nowMs);
        }
        else if (initialDelayMs > 0)
        {
            _initial = new InitialRebalance(initialDelayMs, _members.RebalanceTimeoutMs);
            _joinDeadlineMs = nowMs + initialDelayMs;
        }
        else
        {
            // The first generation waits for its delay and no longer, whoever was given an id and is not back yet.
            CompleteJoin(nowMs);
        }
    }

    private void MaybeCompleteJoin(long nowMs)
    {
        if (_initial is null)
        {
            CompleteJoinIfAllAreIn(nowMs);
        }
    }

    // One that falls silent ends even a first wait, where all others are in; one that leaves does not.
    private void CompleteJoinIfAllAreIn(long nowMs)
    {
        if (State == GroupState.PreparingRebalance && _pending.Count == 0 && _members.AllJoined)
        {
            CompleteJoin(nowMs);
        }
    }

    private void JoinTimeIsOver(long nowMs)
    {
        if (_initial?.Extend() is { } moreMs)
        {
            _joinDeadlineMs = nowMs + moreMs;
        }
        else
        {
            CompleteJoin(nowMs);
        }
    }

    private void CompleteJoin(long nowMs)
    {
        _initial = null;
        _joinDeadlineMs = Never;
        foreach (var late in _members.Where(m => m.Join is null && m.InstanceId is null).ToList())
        {
            Remove(late, ErrorCode.UnknownMemberId);
        }

        if (_members.Count > 0 && !ElectLeader())
        {
            // Static members only, and none is back yet. Their sessions end this if they never come.
            _joinDeadlineMs = nowMs + _members.RebalanceTimeoutMs;
            return;
        }

        GenerationId++;
        if (_members.Count == 0)
        {
            State = GroupState.Empty;
            ProtocolName = null;
            _leaderId = null;
            NoteSubscriptions();
            _writes.Enqueue(new GroupWrite(ToRecord(static m => m.Assignment), static (_, _) => { }));
            return;
        }

        State = GroupState.CompletingRebalance;
        ProtocolName = _members.SelectProtocol();
        NoteSubscriptions();
        _syncDeadlineMs = nowMs + _members.RebalanceTimeoutMs;
        foreach (var member in _members)
        {
            member.Assignment = ByteString.Empty;
            member.IsNew = false;
            member.OwesSync = true;
            Touch(member, nowMs);
            member.Answer(JoinedAnswer(member, member.Id == _leaderId, _leaderId!));
        }
    }

    /// <summary>The leader stays if it is back; else the first that is. False: nobody is.</summary>
    private bool ElectLeader()
    {
        if (_leaderId is null || _members.Find(_leaderId)?.Join is null)
        {
            if (_members.FirstOrDefault(m => m.Join is not null) is not { } elected)
            {
                return false;
            }

            _leaderId = elected.Id;
        }

        return true;
    }

    /// <summary>Who has not asked for its assignment by now has no use for it; the others share it.</summary>
    private void SyncTimeIsOver(long nowMs)
    {
        _syncDeadlineMs = Never;
        foreach (var late in _members.Where(m => m.OwesSync).ToList())
        {
            Remove(late, ErrorCode.UnknownMemberId);
        }

        PrepareRebalance(initialDelayMs: 0, nowMs);
    }
}
