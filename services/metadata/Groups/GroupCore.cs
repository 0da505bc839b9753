using Google.Protobuf;
using Spillway.Kafka.Errors;
using Spillway.Metadata.ConsumerGroups;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Groups;

/// <summary>
/// One group of the classic protocol: who is in it, in which generation and state, and who waits for what. See
/// <see cref="IGroupCore"/>.
/// </summary>
internal sealed partial class GroupCore(string groupId) : IGroupCore
{
    private const long Never = long.MaxValue;

    private readonly GroupMembers _members = new();

    // Ids that were given out in the first step of a join, until when the second must have come.
    private readonly Dictionary<string, long> _pending = new(StringComparer.Ordinal);
    private readonly Queue<GroupWrite> _writes = new();

    // What the members of the last complete generation subscribe to, in their own bytes. Null: there was none.
    private ByteString[]? _subscriptions;
    private string? _leaderId;
    private bool _replacesConsumer;

    // Answers who waited where the group spoke the other protocol.
    private Action<ErrorCode, long>? _whenTakenOver;
    private long _joinDeadlineMs = Never;
    private long _syncDeadlineMs = Never;

    public string GroupId { get; } = groupId;

    public GroupState State { get; private set; }

    public int GenerationId { get; private set; }

    /// <summary>"consumer", "connect" and the like; empty when nobody ever joined.</summary>
    public string ProtocolType { get; private set; } = "";

    public string? ProtocolName { get; private set; }

    public int MemberCount => _members.Count;

    public IEnumerable<GroupMember> Members => _members;

    public bool IsSpent => false;

    public IGroupCore? Successor { get; private set; }

    public bool IsIdle => State == GroupState.Empty && _pending.Count == 0 && _writes.Count == 0;

    public bool DeadlinesChanged { get; set; } = true;

    public long NextDeadlineMs
    {
        get
        {
            var next = Math.Min(_joinDeadlineMs, _syncDeadlineMs);
            foreach (var member in _members)
            {
                next = member.CanExpire ? Math.Min(next, member.SessionDeadlineMs) : next;
            }

            foreach (var deadline in _pending.Values)
            {
                next = Math.Min(next, deadline);
            }

            return next;
        }
    }

    public bool ExpiresUnread => State == GroupState.Stable && ProtocolType == EmbeddedConsumerProtocol.Type;

    /// <summary>
    /// The group as it was kept; its members have a whole session to be heard of. One of more members than it may have now rebalances, so
    /// that the last to come back are refused.
    /// </summary>
    public static GroupCore Restore(string groupId, PutGroup? stored, long nowMs, int sizeMax = int.MaxValue)
    {
        var core = new GroupCore(groupId);
        if (stored is null)
        {
            return core;
        }

        core.GenerationId = stored.GenerationId;
        core.ProtocolType = stored.ProtocolType;
        foreach (var record in stored.Members)
        {
            var member = GroupMember.Restore(record);
            member.SessionDeadlineMs = nowMs + member.SessionTimeoutMs;
            core._members.Add(member);
        }

        if (stored.Members.Count > 0)
        {
            core.State = GroupState.Stable;
            core.ProtocolName = stored.ProtocolName;
            core._leaderId = stored.Leader;
        }

        core.NoteSubscriptions();
        if (core.MemberCount > sizeMax)
        {
            core.PrepareRebalance(initialDelayMs: 0, nowMs);
        }

        return core;
    }

    public GroupWrite? TakeWrite() => _writes.TryDequeue(out var write) ? write : null;

    public void Tick(long nowMs)
    {
        DeadlinesChanged = true;
        foreach (var (id, _) in _pending.Where(p => p.Value <= nowMs).ToList())
        {
            _pending.Remove(id);
            CompleteJoinIfAllAreIn(nowMs);
        }

        foreach (var member in _members.Where(m => m.CanExpire && m.SessionDeadlineMs <= nowMs).ToList())
        {
            // One that went may have ended the wait of another.
            if (_members.Find(member.Id) == member && member.CanExpire && member.SessionDeadlineMs <= nowMs)
            {
                Remove(member, ErrorCode.UnknownMemberId);
                AfterRemoval(nowMs);
                CompleteJoinIfAllAreIn(nowMs);
            }
        }

        if (_joinDeadlineMs <= nowMs)
        {
            JoinTimeIsOver(nowMs);
        }

        if (_syncDeadlineMs <= nowMs)
        {
            SyncTimeIsOver(nowMs);
        }
    }

    public ErrorCode Heartbeat(HeartbeatCall call, long nowMs)
    {
        if (Validate(call.MemberId, call.HasGroupInstanceId ? call.GroupInstanceId : null) is var error and not ErrorCode.None)
        {
            return error;
        }

        if (call.GenerationId != GenerationId)
        {
            return ErrorCode.IllegalGeneration;
        }

        Touch(_members.Find(call.MemberId)!, nowMs);
        return State == GroupState.PreparingRebalance ? ErrorCode.RebalanceInProgress : ErrorCode.None;
    }

    public void Leave(LeaveGroupCall call, long nowMs, Reply<LeaveGroupResult> reply) => reply.Set(Leave(call, nowMs));

    public LeaveGroupResult Leave(LeaveGroupCall call, long nowMs)
    {
        DeadlinesChanged = true;
        var result = new LeaveGroupResult();
        var left = false;
        foreach (var leaving in call.Members)
        {
            var error = Leave(leaving);
            left |= error == ErrorCode.None;
            var answer = new LeftMember { MemberId = leaving.MemberId, ErrorCode = (int)error };
            if (leaving.HasGroupInstanceId)
            {
                answer.GroupInstanceId = leaving.GroupInstanceId;
            }

            result.Members.Add(answer);
        }

        if (left)
        {
            AfterRemoval(nowMs);
        }

        return result;
    }

    /// <summary>A commit that is taken is a sign of life of the member that makes it; one of its transactions is not.</summary>
    public ErrorCode CheckCommit(CommitOffsetsCall call, long nowMs, bool isTransactional = false)
    {
        if (State == GroupState.Dead)
        {
            return ErrorCode.CoordinatorNotAvailable;
        }

        if (call.GenerationId < 0 && State == GroupState.Empty)
        {
            return ErrorCode.None;
        }

        if (call.GenerationId < 0 && call.MemberId.Length == 0 && !call.HasGroupInstanceId)
        {
            // Producers from before KIP-447 do not say who consumes.
            return isTransactional ? ErrorCode.None : ErrorCode.UnknownMemberId;
        }

        // Nobody ever had that generation: the client remembers a group that has gone.
        if (GenerationId == 0 && IsIdle)
        {
            return isTransactional ? ErrorCode.IllegalGeneration : ErrorCode.GroupIdNotFound;
        }

        if (Validate(call.MemberId, call.HasGroupInstanceId ? call.GroupInstanceId : null) is var error and not ErrorCode.None)
        {
            return error;
        }

        if (call.GenerationId != GenerationId)
        {
            return ErrorCode.IllegalGeneration;
        }

        if (isTransactional)
        {
            return ErrorCode.None;
        }

        // It has the new generation but not its new partitions: what it commits is of its old ones.
        if (State == GroupState.CompletingRebalance)
        {
            return ErrorCode.RebalanceInProgress;
        }

        Touch(_members.Find(call.MemberId)!, nowMs);
        return ErrorCode.None;
    }

    public ErrorCode CheckDelete() => State switch
    {
        GroupState.Empty => ErrorCode.None,
        GroupState.Dead => ErrorCode.GroupIdNotFound,
        _ => ErrorCode.NonEmptyGroup,
    };

    public ErrorCode CheckOffsetDelete() =>
        State is GroupState.Empty or GroupState.Dead || ProtocolType == EmbeddedConsumerProtocol.Type
            ? ErrorCode.None
            : ErrorCode.NonEmptyGroup;

    /// <summary>As far as is known: before its first generation, a group of consumers may read everything.</summary>
    public bool Reads(string topicName) =>
        ProtocolType == EmbeddedConsumerProtocol.Type
        && _subscriptions?.Any(metadata => EmbeddedConsumerProtocol.Reads(metadata, topicName)) != false;

    public void Abandon(ErrorCode error)
    {
        foreach (var member in _members)
        {
            member.Fail(error);
        }

        _whenTakenOver?.Invoke(error, 0);
        State = GroupState.Dead;
    }

    public DescribedGroup Describe()
    {
        var described = new DescribedGroup { GroupId = GroupId, State = State.ToString(), ProtocolType = ProtocolType };
        var stable = State == GroupState.Stable;
        if (stable)
        {
            described.Protocol = ProtocolName;
        }

        foreach (var member in _members)
        {
            var one = new DescribedMember
            {
                MemberId = member.Id,
                ClientId = member.ClientId,
                ClientHost = member.ClientHost,
                Metadata = stable ? member.MetadataFor(ProtocolName) : ByteString.Empty,
                Assignment = stable ? member.Assignment : ByteString.Empty,
            };
            if (member.InstanceId is not null)
            {
                one.GroupInstanceId = member.InstanceId;
            }

            described.Members.Add(one);
        }

        return described;
    }

    private ErrorCode Leave(LeavingMember leaving)
    {
        var instanceId = leaving.HasGroupInstanceId ? leaving.GroupInstanceId : null;
        if (leaving.MemberId.Length > 0 && _pending.Remove(leaving.MemberId))
        {
            return ErrorCode.None;
        }

        // An administrator removes static members by their instance id alone.
        var id = leaving.MemberId.Length == 0 && instanceId is not null
            ? _members.FindIdOfInstance(instanceId) ?? ""
            : leaving.MemberId;
        var error = Validate(id, instanceId);
        if (error == ErrorCode.None)
        {
            Remove(_members.Find(id)!, ErrorCode.UnknownMemberId);
        }

        return error;
    }

    /// <summary>Whether this is a member, and under its instance id the present one (KIP-345).</summary>
    private ErrorCode Validate(string memberId, string? instanceId)
    {
        if (State == GroupState.Dead)
        {
            return ErrorCode.CoordinatorNotAvailable;
        }

        if (instanceId is not null)
        {
            if (_members.FindIdOfInstance(instanceId) is not { } current)
            {
                return ErrorCode.UnknownMemberId;
            }

            if (current != memberId)
            {
                return ErrorCode.FencedInstanceId;
            }
        }

        return _members.Find(memberId) is null ? ErrorCode.UnknownMemberId : ErrorCode.None;
    }

    private static void Touch(GroupMember member, long nowMs) => member.SessionDeadlineMs = nowMs + member.SessionTimeoutMs;

    private void Remove(GroupMember member, ErrorCode answer)
    {
        member.Fail(answer);
        _members.Remove(member);
        if (_leaderId == member.Id)
        {
            _leaderId = _members.FirstOrDefault()?.Id;
        }
    }

    private void NoteSubscriptions() =>
        _subscriptions = ProtocolType == EmbeddedConsumerProtocol.Type
            ? [.. _members.Select(m => m.MetadataFor(ProtocolName))]
            : null;

    private void AfterRemoval(long nowMs)
    {
        if (State is GroupState.Stable or GroupState.CompletingRebalance)
        {
            PrepareRebalance(initialDelayMs: 0, nowMs);
        }
        else
        {
            MaybeCompleteJoin(nowMs);
        }
    }

    private PutGroup ToRecord(Func<GroupMember, ByteString> assignmentOf)
    {
        ReplacedRevision = 0;
        var record = new PutGroup
        {
            GroupId = GroupId,
            ProtocolType = ProtocolType,
            GenerationId = GenerationId,
            ReplacesConsumerGroup = _replacesConsumer,
        };
        if (_members.Count > 0)
        {
            record.ProtocolName = ProtocolName;
            record.Leader = _leaderId;
            record.Members.AddRange(_members.Select(m => m.ToRecord(assignmentOf(m))));
        }

        return record;
    }
}
