namespace Spillway.Metadata.ConsumerGroups;

/// <summary>Which topics the group reads, who shall own which of their partitions, and the way there.</summary>
internal sealed partial class ConsumerGroupCore
{
    private readonly RegexSubscriptions _regexes;

    // What the last target assignment was computed from.
    private ulong _topicsHash;

    // Of the topics when they were last looked at; -1: never.
    private long _topicsSeen = -1;

    // All names that members subscribe to; null: has to be gathered anew.
    private List<string>? _subscribedNames;

    private void NextGroupEpoch()
    {
        _groupEpoch++;
        _epochsChanged = true;
    }

    /// <summary>Looks whether topics have come, gone or grown. Where nothing in the cluster has changed it costs nothing.</summary>
    private bool RefreshTopics(long nowMs)
    {
        var version = _topics.Version;
        if (_regexes.Refresh(_members.Values.Select(m => m.TopicRegex), nowMs))
        {
            _subscribedNames = null;
        }

        if (version == _topicsSeen && _subscribedNames is not null)
        {
            return false;
        }

        _topicsSeen = version;
        _subscribedNames ??= [.. _members.Values.SelectMany(SubscribedNamesOf).Distinct(StringComparer.Ordinal)];
        var hash = HashTopics(_subscribedNames);
        if (hash == _topicsHash)
        {
            return false;
        }

        _topicsHash = hash;
        _epochsChanged = true;
        return true;
    }

    private ulong HashTopics(List<string> names)
    {
        // FNV-1a of what there is, added up: the order of names does not matter.
        var sum = 0UL;
        Span<byte> bytes = stackalloc byte[20];
        foreach (var name in names)
        {
            if (_topics.Find(name) is { } topic)
            {
                topic.Id.TryWriteBytes(bytes);
                BitConverter.TryWriteBytes(bytes[16..], topic.PartitionCount);
                var hash = 14695981039346656037UL;
                foreach (var b in bytes)
                {
                    hash = (hash ^ b) * 1099511628211UL;
                }

                sum += hash;
            }
        }

        return sum;
    }

    private IEnumerable<string> SubscribedNamesOf(ConsumerMember member) =>
        string.IsNullOrEmpty(member.TopicRegex) ? member.TopicNames : member.TopicNames.Union(_regexes.NamesOf(member.TopicRegex));

    /// <summary>Brings the target assignment to the group's epoch.</summary>
    private void UpdateTargets()
    {
        if (_groupEpoch <= _assignmentEpoch)
        {
            return;
        }

        var subscriptions = new Dictionary<string, HashSet<Guid>>(StringComparer.Ordinal);
        var partitionCounts = new Dictionary<Guid, int>();
        var members = new List<MemberSubscription>(_members.Count);
        foreach (var member in _members.Values)
        {
            var key = $"{string.Join(',', member.TopicNames)}:{member.TopicRegex}";
            if (!subscriptions.TryGetValue(key, out var topicIds))
            {
                subscriptions.Add(key, topicIds = Resolve(member, partitionCounts));
            }

            members.Add(new MemberSubscription(member.Id, member.InstanceId, topicIds, TargetOf(member.Id)));
        }

        var targets = Assignor.Assign(members, partitionCounts);
        for (var i = 0; i < members.Count; i++)
        {
            var id = members[i].MemberId;
            if (!_targets.TryGetValue(id, out var before) || !before.Equals(targets[i]))
            {
                _targets[id] = targets[i];
                _changedTargets.Add(id);
            }
        }

        _assignmentEpoch = _groupEpoch;
        _epochsChanged = true;
    }

    private HashSet<Guid> Resolve(ConsumerMember member, Dictionary<Guid, int> partitionCounts)
    {
        var topicIds = new HashSet<Guid>();
        foreach (var name in SubscribedNamesOf(member))
        {
            if (_topics.Find(name) is { } topic && topicIds.Add(topic.Id))
            {
                partitionCounts.TryAdd(topic.Id, topic.PartitionCount);
            }
        }

        return topicIds;
    }

    private PartitionSet TargetOf(string memberId) => _targets.GetValueOrDefault(memberId, PartitionSet.Empty);

    /// <summary>Brings the member a step nearer to its target.</summary>
    private ConsumerMember Reconcile(ConsumerMember member, PartitionSet? owned, long nowMs)
    {
        var after = Reconciliation.Step(
            member,
            TargetOf(member.Id),
            _assignmentEpoch,
            owned,
            partition => !_owners.TryGetValue(partition, out var owner) || owner == member.Id);
        if (!after.HasSameAssignmentAs(member))
        {
            Enter(after);
            _changedAssignments.Add(after.Id);
        }

        WatchRevocation(after, nowMs);
        return after;
    }
}
