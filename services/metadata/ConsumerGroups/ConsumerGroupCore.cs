using Spillway.Kafka;
using Spillway.Kafka.Errors;
using Spillway.Metadata.Groups;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.ConsumerGroups;

/// <summary>
/// A group of the consumer protocol (KIP-848): its members, who shall own what, and how far each has come. What is decided here is
/// answered when it is durable; a change that is under way gathers those that come meanwhile. See <see cref="IGroupCore"/>.
/// </summary>
internal sealed partial class ConsumerGroupCore : IGroupCore
{
    private const long Never = long.MaxValue;

    private readonly string _groupId;
    private readonly IGroupTopics _topics;
    private readonly SortedDictionary<string, ConsumerMember> _members = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _idOfInstance = new(StringComparer.Ordinal);
    private readonly Dictionary<string, MemberDeadlines> _deadlines = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PartitionSet> _targets = new(StringComparer.Ordinal);

    // Who owns a partition or has not confirmed yet that it gave it up.
    private readonly Dictionary<TopicIdPartition, string> _owners = [];
    private GroupLimits _limits;
    private long _revision;
    private int _groupEpoch;
    private int _assignmentEpoch;
    private bool _abandoned;

    public ConsumerGroupCore(string groupId, IGroupTopics topics, GroupLimits limits)
    {
        _groupId = groupId;
        _topics = topics;
        _limits = limits;
        _regexes = new RegexSubscriptions(topics);
    }

    public int GenerationId => _groupEpoch;

    public int MemberCount => _members.Count;

    public string? ProtocolName => Assignor.Name;

    public IGroupCore? Successor { get; private set; }

    public bool IsSpent { get; private set; }

    public bool IsIdle => _members.Count == 0 && !IsDirty && _inFlight is null;

    public bool ExpiresUnread => true;

    public bool DeadlinesChanged { get; set; } = true;

    public long NextDeadlineMs => _deadlines.Count == 0 ? Never : _deadlines.Values.Min(d => d.NextMs);

    private IPartitionAssignor Assignor => _limits.Consumer.Choose(_members.Values.Select(m => m.ServerAssignor));

    /// <summary>The group as it was kept; its members have a whole session to be heard of.</summary>
    public static ConsumerGroupCore Restore(
        string groupId, DurableConsumerGroup stored, IGroupTopics topics, GroupLimits limits, long nowMs)
    {
        var core = new ConsumerGroupCore(groupId, topics, limits)
        {
            _revision = stored.Revision,
            _groupEpoch = stored.GroupEpoch,
            _assignmentEpoch = stored.AssignmentEpoch,
            _topicsHash = stored.TopicsHash,
        };
        foreach (var kept in stored.Members.Values)
        {
            var member = ConsumerMember.Restore(kept.Member, kept.Assignment);
            core.Enter(member);
            if (member.TopicRegex is { } pattern)
            {
                // Who asks before the next heartbeat must not take its topics for unread.
                core._regexes.TryAdd(pattern, out var _);
            }

            core._targets[member.Id] = kept.Target is null ? PartitionSet.Empty : PartitionSet.Read(kept.Target.Partitions);
            core.Touch(member, nowMs);
            core.WatchRevocation(member, nowMs);
        }

        return core;
    }

    /// <summary>Begins a group, or goes on for one without members that spoke the classic protocol: epochs go on from its generations.</summary>
    public static ConsumerGroupCore Succeed(GroupCore classic, IGroupTopics topics, GroupLimits limits) =>
        new(classic.GroupId, topics, limits)
        {
            _groupEpoch = classic.GenerationId, _assignmentEpoch = classic.GenerationId, _revision = classic.ReplacedRevision,
        };

    public void Tick(long nowMs)
    {
        DeadlinesChanged = true;
        foreach (var (id, _) in _deadlines.Where(d => d.Value.NextMs <= nowMs).ToList())
        {
            // The end of one may have turned the group into another.
            if (Successor is null && _members.TryGetValue(id, out var member))
            {
                Fence(member, nowMs);
            }
        }
    }

    public ErrorCode CheckCommit(CommitOffsetsCall call, long nowMs, bool isTransactional = false)
    {
        if (_abandoned)
        {
            return ErrorCode.CoordinatorNotAvailable;
        }

        if (call.GenerationId < 0 && _members.Count == 0)
        {
            return ErrorCode.None;
        }

        if (!_members.TryGetValue(call.MemberId, out var member))
        {
            return ErrorCode.UnknownMemberId;
        }

        if (member.Classic is null && !call.KnowsMemberEpochs && !isTransactional)
        {
            return ErrorCode.UnsupportedVersion;
        }

        return call.GenerationId == member.MemberEpoch ? ErrorCode.None
            : member.Classic is null && !isTransactional ? ErrorCode.StaleMemberEpoch
            : ErrorCode.IllegalGeneration;
    }

    public ErrorCode CheckDelete() => _members.Count == 0 ? ErrorCode.None : ErrorCode.NonEmptyGroup;

    public ErrorCode CheckOffsetDelete() => ErrorCode.None;

    public bool Reads(string topicName) =>
        _members.Values.Any(m => SubscribedNamesOf(m).Contains(topicName, StringComparer.Ordinal));

    public void Abandon(ErrorCode error)
    {
        _abandoned = true;
        AnswerAll(error);
    }

    /// <summary>Puts a member in, or in place of what was known of it.</summary>
    private void Enter(ConsumerMember member)
    {
        foreach (var partition in member.Assigned.Concat(member.PendingRevocation))
        {
            if (_owners.TryGetValue(partition, out var owner) && owner != member.Id)
            {
                throw new InvalidOperationException($"{partition} of group {_groupId} would have two owners, {owner} and {member.Id}.");
            }
        }

        if (_members.TryGetValue(member.Id, out var before))
        {
            Disown(before);
        }

        foreach (var partition in member.Assigned.Concat(member.PendingRevocation))
        {
            _owners[partition] = member.Id;
        }

        _members[member.Id] = member;
        if (member.InstanceId is not null)
        {
            _idOfInstance[member.InstanceId] = member.Id;
        }
    }

    private void Disown(ConsumerMember member)
    {
        foreach (var partition in member.Assigned.Concat(member.PendingRevocation))
        {
            _owners.Remove(partition);
        }
    }

    /// <summary>Takes a member out, and the group to its next epoch: others shall have what it owned.</summary>
    private void Fence(ConsumerMember member, long nowMs)
    {
        if (TryDowngradeWithout(member, nowMs))
        {
            return;
        }

        Remove(member);
        NextGroupEpoch();
    }

    private void Remove(ConsumerMember member)
    {
        Disown(member);
        _members.Remove(member.Id);
        _targets.Remove(member.Id);
        _deadlines.Remove(member.Id);
        if (member.InstanceId is not null && _idOfInstance.GetValueOrDefault(member.InstanceId) == member.Id)
        {
            _idOfInstance.Remove(member.InstanceId);
        }

        _subscribedNames = null;
        NoteRemoved(member.Id);
    }

    private ConsumerMember? FindStatic(string instanceId) =>
        _idOfInstance.TryGetValue(instanceId, out var id) ? _members[id] : null;

    private void Touch(ConsumerMember member, long nowMs)
    {
        if (!_deadlines.TryGetValue(member.Id, out var deadlines))
        {
            _deadlines.Add(member.Id, deadlines = new MemberDeadlines());
            DeadlinesChanged = true;
        }

        deadlines.SessionMs = nowMs + (member.Classic?.SessionTimeoutMs ?? _limits.Consumer.SessionTimeoutMs);
    }

    /// <summary>A member that does not give up in time what it was told to loses it with its membership.</summary>
    private void WatchRevocation(ConsumerMember member, long nowMs)
    {
        var deadlines = _deadlines[member.Id];
        if (member.State != ReconciliationState.Unrevoked || member.Classic is not null || member.IsAway)
        {
            (deadlines.RevocationMs, deadlines.RevocationEpoch) = (Never, 0);
        }
        else if (deadlines.RevocationEpoch != member.MemberEpoch)
        {
            (deadlines.RevocationMs, deadlines.RevocationEpoch) = (nowMs + Math.Max(member.RebalanceTimeoutMs, 0), member.MemberEpoch);
            DeadlinesChanged = true;
        }
    }
}
