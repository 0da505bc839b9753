using Spillway.Kafka.Errors;
using Spillway.Metadata.ConsumerGroups;
using Spillway.Metadata.Log;
using Spillway.Metadata.Topics;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Groups;

/// <summary>The coordinator of all groups, on the leader: every frontend forwards to it.</summary>
internal sealed partial class GroupService(
    MetadataNode node,
    GroupSessions sessions,
    CurrentGroupLimits current,
    CommitPatience patience,
    IGroupTopics topics,
    ILogger<GroupService> logger) : IGroupService
{
    public async Task<JoinGroupResult> JoinGroupAsync(JoinGroupCall request, CancellationToken cancellationToken)
    {
        if (request.GroupId.Length == 0)
        {
            return new JoinGroupResult
            {
                ErrorCode = (int)ErrorCode.InvalidGroupId, GenerationId = -1, MemberId = request.MemberId,
            };
        }

        await sessions.EnsureLeadingAsync(cancellationToken);
        var limits = current.Of(request.GroupId);
        var prefix = request.HasGroupInstanceId ? request.GroupInstanceId : request.ClientId;
        var reply = new Reply<JoinGroupResult>();
        sessions.Use(request.GroupId, (core, nowMs) =>
        {
            core.Join(request, $"{prefix}-{Guid.NewGuid()}", limits, nowMs, reply);
            return true;
        });

        if (request.Reason.Length > 0)
        {
            Log.Joins(
                logger, request.GroupId, request.MemberId.Length > 0 ? request.MemberId : "a new member", request.ClientId, request.Reason);
        }

        // Whoever stops waiting is still in the group until its session ends: its client may come back.
        return await reply.Task.WaitAsync(cancellationToken);
    }

    public async Task<SyncGroupResult> SyncGroupAsync(SyncGroupCall request, CancellationToken cancellationToken)
    {
        if (request.GroupId.Length == 0)
        {
            return new SyncGroupResult { ErrorCode = (int)ErrorCode.InvalidGroupId };
        }

        await sessions.EnsureLeadingAsync(cancellationToken);
        var reply = new Reply<SyncGroupResult>();
        sessions.Use(request.GroupId, (core, nowMs) =>
        {
            core.Sync(request, nowMs, reply);
            return true;
        });
        return await reply.Task.WaitAsync(cancellationToken);
    }

    public async Task<HeartbeatResult> HeartbeatAsync(HeartbeatCall request, CancellationToken cancellationToken)
    {
        if (request.GroupId.Length == 0)
        {
            return new HeartbeatResult { ErrorCode = (int)ErrorCode.InvalidGroupId };
        }

        await sessions.EnsureLeadingAsync(cancellationToken);
        var error = sessions.Use(request.GroupId, (core, nowMs) => core.Heartbeat(request, nowMs));
        return new HeartbeatResult { ErrorCode = (int)error };
    }

    public async Task<LeaveGroupResult> LeaveGroupAsync(LeaveGroupCall request, CancellationToken cancellationToken)
    {
        if (request.GroupId.Length == 0)
        {
            return new LeaveGroupResult { ErrorCode = (int)ErrorCode.InvalidGroupId };
        }

        await sessions.EnsureLeadingAsync(cancellationToken);
        var reply = new Reply<LeaveGroupResult>();
        sessions.Use(request.GroupId, (core, nowMs) =>
        {
            core.Leave(request, nowMs, reply);
            return true;
        });
        var result = await reply.Task.WaitAsync(cancellationToken);
        for (var i = 0; i < result.Members.Count; i++)
        {
            if (request.Members[i].HasReason && result.Members[i].ErrorCode == 0)
            {
                Log.Leaves(logger, request.GroupId, result.Members[i].MemberId, request.Members[i].Reason);
            }
        }

        return result;
    }

    public async Task<CommitOffsetsResult> CommitOffsetsAsync(CommitOffsetsCall request, CancellationToken cancellationToken)
    {
        await sessions.EnsureLeadingAsync(cancellationToken);
        var metadataMax = current.Of(request.GroupId).OffsetMetadataMax;
        var errors = new int[request.Offsets.Count];
        var command = request.Clone();
        command.Offsets.Clear();
        for (var i = 0; i < errors.Length; i++)
        {
            var offset = request.Offsets[i];
            errors[i] = (int)(offset.Metadata.Length > metadataMax ? ErrorCode.OffsetMetadataTooLarge
                : offset.TopicId.Length != 16 ? ErrorCode.UnknownTopicId
                : ErrorCode.None);
            if (errors[i] == 0)
            {
                command.Offsets.Add(offset);
            }
        }

        // Checked and queued in one step: no rebalance of the group comes between.
        var (error, proposed) = sessions.Use(request.GroupId, (core, nowMs) =>
        {
            var error = core.CheckCommit(request, nowMs);
            return error == ErrorCode.None && command.Offsets.Count > 0
                ? (error, node.ProposeAsync<CommitOffsetsResult>(new Command { CommitOffsets = command }, cancellationToken))
                : (error, Task.FromResult(new CommitOffsetsResult()));
        });
        if (error == ErrorCode.GroupIdNotFound && IsKept(request.GroupId))
        {
            // It has offsets and never had a member.
            error = ErrorCode.UnknownMemberId;
        }

        if (error == ErrorCode.None && await patience.AwaitAsync(request.GroupId, proposed, cancellationToken) is null)
        {
            error = ErrorCode.CoordinatorNotAvailable;
        }

        if (error != ErrorCode.None)
        {
            return new CommitOffsetsResult { ErrorCodes = { Enumerable.Repeat((int)error, errors.Length) } };
        }

        var applied = (await proposed).ErrorCodes;
        var next = 0;
        for (var i = 0; i < errors.Length; i++)
        {
            errors[i] = errors[i] == 0 ? applied[next++] : errors[i];
        }

        return new CommitOffsetsResult { ErrorCodes = { errors } };
    }

    public async Task<FetchOffsetsResult> FetchOffsetsAsync(FetchOffsetsCall request, CancellationToken cancellationToken)
    {
        await node.BarrierAsync(cancellationToken);
        return node.Read(state => state.Groups.Find(request.GroupId) is var group
            && CheckFetch(request, group?.Consumer) is var error and not ErrorCode.None
                ? new FetchOffsetsResult { ErrorCode = (int)error }
                : Fetch(request, group));
    }

    public async Task<DescribeGroupsResult> DescribeGroupsAsync(DescribeGroupsCall request, CancellationToken cancellationToken)
    {
        await sessions.EnsureLeadingAsync(cancellationToken);
        var result = new DescribeGroupsResult();
        foreach (var id in request.GroupIds)
        {
            var (isIdle, described) = sessions.Use(id, static (core, _) => (core.IsIdle, (core as GroupCore)?.Describe()));

            // Of one that speaks the consumer protocol DescribeConsumerGroups tells (KIP-1043).
            result.Groups.Add(
                described is null ? NotFound(id, $"Group {id} is not a classic group.")
                : isIdle && !IsKept(id) ? NotFound(id, $"Group {id} not found.")
                : described);
        }

        return result;
    }

    public async Task<DeleteGroupsResult> DeleteGroupsAsync(DeleteGroupsCall request, CancellationToken cancellationToken)
    {
        await sessions.EnsureLeadingAsync(cancellationToken);
        var errors = new Dictionary<string, ErrorCode>(StringComparer.Ordinal);
        var command = new DeleteGroupsCall();
        foreach (var id in request.GroupIds)
        {
            (var isIdle, errors[id]) = sessions.Use(id, static (core, _) => (core.IsIdle, core.CheckDelete()));
            if (errors[id] == ErrorCode.None && (isIdle || IsKept(id)))
            {
                command.GroupIds.Add(id);
            }
            else if (errors[id] == ErrorCode.None)
            {
                // It is nothing but ids that were given out.
                sessions.Forget(id);
            }
        }

        if (command.GroupIds.Count > 0)
        {
            var applied = await node.ProposeAsync<DeleteGroupsResult>(new Command { DeleteGroups = command }, cancellationToken);
            foreach (var group in applied.Groups)
            {
                errors[group.GroupId] = (ErrorCode)group.ErrorCode;
                if (group.ErrorCode == 0)
                {
                    sessions.Forget(group.GroupId);
                }
            }
        }

        var result = new DeleteGroupsResult();
        result.Groups.AddRange(request.GroupIds.Select(id => new GroupResult { GroupId = id, ErrorCode = (int)errors[id] }));
        return result;
    }

    private bool IsKept(string groupId) => node.Read(state => state.Groups.Find(groupId)) is not null;

    private static FetchOffsetsResult Fetch(FetchOffsetsCall request, DurableGroup? group)
    {
        var result = new FetchOffsetsResult();
        if (request.AllTopics)
        {
            foreach (var (topicId, partition, offset) in group?.Offsets.All ?? [])
            {
                var found = new OffsetToFetch { TopicId = TopicIds.Write(topicId), Partition = partition };
                result.Offsets.Add(IsUnstable(topicId, partition) ? ToUnstable(found) : ToFetched(found, offset));
            }

            return result;
        }

        foreach (var asked in request.Offsets)
        {
            var topicId = asked.TopicId.Length == 16 ? TopicIds.Read(asked.TopicId) : Guid.Empty;
            result.Offsets.Add(IsUnstable(topicId, asked.Partition)
                ? ToUnstable(asked)
                : ToFetched(asked, group?.Offsets.Find(topicId, asked.Partition)));
        }

        return result;

        // KIP-447: who takes over must not begin before what an open transaction is about to commit.
        bool IsUnstable(Guid topicId, int partition) =>
            request.RequireStable && group?.Pending?.Contains(topicId, partition) == true;
    }

    private static FetchedOffset ToUnstable(OffsetToFetch asked)
    {
        var fetched = ToFetched(asked, null);
        fetched.ErrorCode = (int)ErrorCode.UnstableOffsetCommit;
        return fetched;
    }

    private static FetchedOffset ToFetched(OffsetToFetch asked, CommittedOffset? found) => new()
    {
        TopicId = asked.TopicId,
        Partition = asked.Partition,
        Offset = found?.Offset ?? -1,
        LeaderEpoch = found?.LeaderEpoch ?? -1,
        Metadata = found?.Metadata ?? "",
    };

    private static partial class Log
    {
        [LoggerMessage(2113, LogLevel.Information, "Group {GroupId} is joined by {MemberId} of client {ClientId}: {Reason}")]
        public static partial void Joins(ILogger logger, string groupId, string memberId, string clientId, string reason);

        [LoggerMessage(2114, LogLevel.Information, "Group {GroupId} is left by {MemberId}: {Reason}")]
        public static partial void Leaves(ILogger logger, string groupId, string memberId, string reason);
    }
}
