using Spillway.Kafka.Errors;
using Spillway.Metadata.ConsumerGroups;
using Spillway.Metadata.Log;
using Spillway.Metadata.Topics;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Groups;

/// <summary>
/// The groups and their offsets as the log knows them. Rebalances and sessions are not in here: they are the coordinator's
/// (<see cref="GroupCore"/>), which writes down how they ended.
/// </summary>
internal sealed class GroupTable(StateClock clock, TopicTable topics)
{
    private readonly SortedDictionary<string, DurableGroup> _groups = new(StringComparer.Ordinal);

    public int Count => _groups.Count;

    public IEnumerable<DurableGroup> All => _groups.Values;

    public DurableGroup? Find(string groupId) => _groups.GetValueOrDefault(groupId);

    public DurableGroup GetOrAdd(string groupId)
    {
        if (!_groups.TryGetValue(groupId, out var group))
        {
            _groups.Add(groupId, group = new DurableGroup(groupId) { EmptySinceMs = clock.NowMs });
        }

        return group;
    }

    public GroupChangeResult Put(PutGroup command)
    {
        var group = GetOrAdd(command.GroupId);
        if (group.Consumer is { Members.Count: > 0 } && !command.ReplacesConsumerGroup)
        {
            return GroupChangeResult.Refused;
        }

        group.Metadata = command;
        group.Consumer = null;
        NoteMembers(group);
        return GroupChangeResult.Taken;
    }

    /// <summary>A change that was decided on another state is refused: its coordinator reads the group again.</summary>
    public GroupChangeResult Change(ChangeConsumerGroup command)
    {
        var group = Find(command.GroupId);
        if (command.Revision != (group?.Consumer?.Revision ?? 0)
            || (group?.Metadata is { Members.Count: > 0 } && !command.ReplacesClassicGroup))
        {
            return GroupChangeResult.Refused;
        }

        group ??= GetOrAdd(command.GroupId);
        group.Metadata = null;
        group.Consumer ??= new DurableConsumerGroup();
        group.Consumer.Apply(command);
        NoteMembers(group);
        return GroupChangeResult.Taken;
    }

    public CommitOffsetsResult Commit(CommitOffsetsCall call)
    {
        var result = new CommitOffsetsResult();
        var group = Find(call.GroupId);

        // The coordinator has checked this; here it is certain, because here is the order of things.
        if (CheckGeneration(call.GroupId, call.GenerationId, call.MemberId) is var stale and not ErrorCode.None)
        {
            result.ErrorCodes.AddRange(Enumerable.Repeat((int)stale, call.Offsets.Count));
            return result;
        }

        foreach (var commit in call.Offsets)
        {
            var topicId = TopicIds.Read(commit.TopicId);
            var error = CheckPartition(topicId, commit.Partition);
            if (error == ErrorCode.None)
            {
                group ??= GetOrAdd(call.GroupId);
                group.Offsets.Put(topicId, commit.Partition, new CommittedOffset(
                    commit.Offset,
                    commit.LeaderEpoch,
                    commit.Metadata,
                    clock.NowMs,
                    call.HasRetentionMs ? clock.NowMs + Math.Clamp(call.RetentionMs, 0, long.MaxValue / 2) : 0));
                group.Pending?.Supersede(topicId, commit.Partition, clock.Index);
            }

            result.ErrorCodes.Add((int)error);
        }

        return result;
    }

    /// <summary>Whether the group, or its member, is in this generation or member epoch; -1 is checked by nobody.</summary>
    private ErrorCode CheckGeneration(string groupId, int generationId, string memberId)
    {
        var group = Find(groupId);
        if (generationId < 0)
        {
            return ErrorCode.None;
        }

        return group?.Consumer is { } consumer
            ? consumer.CheckEpoch(memberId, generationId)
            : group?.Metadata?.GenerationId == generationId ? ErrorCode.None : ErrorCode.IllegalGeneration;
    }

    /// <summary>
    /// ILLEGAL_GENERATION where a later one is durable already. The one that the coordinator has just checked may be on its way there: a
    /// transaction's offsets are taken before the group has synced, too.
    /// </summary>
    public ErrorCode CheckPendingGeneration(string groupId, int generationId, string memberId)
    {
        var group = Find(groupId);
        var later = group?.Consumer is { } consumer
            ? consumer.Members.GetValueOrDefault(memberId)?.MemberEpoch ?? int.MaxValue
            : group?.Metadata?.GenerationId;
        return generationId >= 0 && later > generationId ? ErrorCode.IllegalGeneration : ErrorCode.None;
    }

    /// <summary>An offset that counts once the producer's transaction is committed.</summary>
    public ErrorCode CommitPending(string groupId, long producerId, OffsetToCommit commit, long order)
    {
        var topicId = TopicIds.Read(commit.TopicId);
        var error = CheckPartition(topicId, commit.Partition);
        if (error == ErrorCode.None)
        {
            var offset = new CommittedOffset(commit.Offset, commit.LeaderEpoch, commit.Metadata, clock.NowMs, ExpireMs: 0);
            (GetOrAdd(groupId).Pending ??= new PendingOffsets())
                .Put(producerId, topicId, commit.Partition, new PendingOffset(offset, order));
        }

        return error;
    }

    /// <summary>The producer's transaction has ended: what it holds of the group's offsets counts now, or is dropped.</summary>
    public void EndTransaction(string groupId, long producerId, bool commit)
    {
        if (Find(groupId) is not { Pending: { } pending } group)
        {
            return;
        }

        foreach (var ((topicId, partition), (offset, order)) in pending.Remove(producerId))
        {
            if (commit && order > 0)
            {
                group.Offsets.Put(topicId, partition, offset);
                pending.Supersede(topicId, partition, order);
            }
        }
    }

    public DeleteGroupsResult Delete(DeleteGroupsCall call)
    {
        var result = new DeleteGroupsResult();
        foreach (var id in call.GroupIds)
        {
            var group = Find(id);
            var error = group is null ? ErrorCode.GroupIdNotFound
                : group.HasMembers ? ErrorCode.NonEmptyGroup
                : ErrorCode.None;
            if (error == ErrorCode.None)
            {
                _groups.Remove(id);
            }

            result.Groups.Add(new GroupResult { GroupId = id, ErrorCode = (int)error });
        }

        return result;
    }

    public ExpireOffsets Expire(ExpireOffsets command)
    {
        foreach (var id in command.GroupIds)
        {
            if (Find(id) is not { HasMembers: false } group)
            {
                continue;
            }

            foreach (var (topicId, partition, offset) in group.Offsets.All.ToList())
            {
                if (group.IsExpired(topicId, partition, offset, clock.NowMs, command.RetentionMs))
                {
                    group.Offsets.Drop(topicId, partition);
                }
            }

            if (!group.HasOffsets)
            {
                _groups.Remove(id);
            }
        }

        foreach (var unread in command.Unread)
        {
            if (Find(unread.GroupId) is { } group)
            {
                var topicIds = unread.TopicIds.Select(TopicIds.Read).ToHashSet();
                foreach (var (topicId, partition, offset) in group.Offsets.All.Where(o => topicIds.Contains(o.TopicId)).ToList())
                {
                    if (group.IsUnreadExpired(topicId, partition, offset, clock.NowMs, command.RetentionMs))
                    {
                        group.Offsets.Drop(topicId, partition);
                    }
                }
            }
        }

        return command;
    }

    /// <summary>Something of it would go with <see cref="ExpireOffsets"/>.</summary>
    public static bool IsExpirable(DurableGroup group, long nowMs, long retentionMs) =>
        !group.HasMembers
        && (!group.HasOffsets
            || group.Offsets.All.Any(o => group.IsExpired(o.TopicId, o.Partition, o.Offset, nowMs, retentionMs)));

    public DeleteOffsetsResult DeleteOffsets(DeleteOffsetsCall call)
    {
        var result = new DeleteOffsetsResult();
        if (Find(call.GroupId) is not { } group)
        {
            result.ErrorCode = (int)ErrorCode.GroupIdNotFound;
            return result;
        }

        foreach (var offset in call.Offsets)
        {
            group.Offsets.Drop(TopicIds.Read(offset.TopicId), offset.Partition);

            // As in Kafka, what an open transaction holds goes too.
            group.Pending?.Drop(TopicIds.Read(offset.TopicId), offset.Partition);
            result.ErrorCodes.Add(0);
        }

        return result;
    }

    public void DropTopic(Guid topicId)
    {
        foreach (var group in _groups.Values)
        {
            group.Offsets.DropTopic(topicId);
            group.Pending?.DropTopic(topicId);
        }
    }

    private ErrorCode CheckPartition(Guid topicId, int partition) => topics.Find(topicId) is not { } topic ? ErrorCode.UnknownTopicId
        : (uint)partition >= (uint)topic.Partitions.Count ? ErrorCode.UnknownTopicOrPartition
        : ErrorCode.None;

    private void NoteMembers(DurableGroup group)
    {
        if (group.HasMembers)
        {
            group.EmptySinceMs = 0;
        }
        else if (group.EmptySinceMs == 0)
        {
            group.EmptySinceMs = clock.NowMs;
        }
    }
}
