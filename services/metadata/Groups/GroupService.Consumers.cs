using Spillway.Kafka.Errors;
using Spillway.Metadata.ConsumerGroups;
using Spillway.Metadata.Topics;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Groups;

/// <summary>The consumer protocol (KIP-848), and what is asked of groups of both protocols.</summary>
internal sealed partial class GroupService
{
    private const string Classic = "classic";
    private const string Consumer = "consumer";

    public async Task<ConsumerHeartbeatResult> ConsumerGroupHeartbeatAsync(
        ConsumerHeartbeatCall request, CancellationToken cancellationToken)
    {
        await sessions.EnsureLeadingAsync(cancellationToken);
        var limits = current.Of(request.GroupId);
        if (!limits.Consumer.IsOn)
        {
            return new ConsumerHeartbeatResult { ErrorCode = (int)ErrorCode.UnsupportedVersion };
        }

        var (error, message) = ConsumerHeartbeatRules.Check(request, limits.Consumer);
        if (error != ErrorCode.None)
        {
            return new ConsumerHeartbeatResult { ErrorCode = (int)error, ErrorMessage = message };
        }

        if (request.MemberId.Length == 0)
        {
            request.MemberId = Guid.NewGuid().ToString();
        }

        var reply = new Reply<ConsumerHeartbeatResult>();
        sessions.Use(request.GroupId, (core, nowMs) =>
        {
            core.ConsumerHeartbeat(request, limits, topics, nowMs, reply);
            return true;
        });
        return await reply.Task.WaitAsync(cancellationToken);
    }

    public async Task<DescribeConsumerGroupsResult> DescribeConsumerGroupsAsync(
        DescribeGroupsCall request, CancellationToken cancellationToken)
    {
        await node.BarrierAsync(cancellationToken);
        var result = new DescribeConsumerGroupsResult();
        foreach (var id in request.GroupIds)
        {
            var limits = current.Of(id).Consumer;
            if (!limits.IsOn)
            {
                result.Groups.Add(new DescribedConsumerGroup { GroupId = id, ErrorCode = (int)ErrorCode.UnsupportedVersion });
                continue;
            }

            result.Groups.Add(node.Read(state => state.Groups.Find(id) is { Consumer: { } consumer }
                ? ConsumerGroupDescription.Of(id, consumer, limits)
                : ConsumerGroupDescription.Missing(id, state.Groups.Find(id) is not null)));
        }

        return result;
    }

    public async Task<ListGroupsResult> ListGroupsAsync(ListGroupsCall request, CancellationToken cancellationToken)
    {
        await sessions.EnsureLeadingAsync(cancellationToken);

        // These first: a group that comes to rest between the two questions is in the durable state by then.
        var inUse = sessions.UseAll(static core => (core.IsIdle, Group: core is GroupCore classic ? ToListed(classic) : null));
        var groups = node.Read(state => state.Groups.All.ToDictionary(g => g.Id, ToListed, StringComparer.Ordinal));
        foreach (var (isIdle, group) in inUse)
        {
            if (group is not null && (!isIdle || groups.ContainsKey(group.GroupId)))
            {
                groups[group.GroupId] = group;
            }
        }

        var result = new ListGroupsResult();
        result.Groups.AddRange(groups.Values
            .Where(g => request.States.Count == 0 || request.States.Contains(g.State, StringComparer.OrdinalIgnoreCase))
            .Where(g => request.Types_.Count == 0 || request.Types_.Contains(g.Type, StringComparer.OrdinalIgnoreCase))
            .OrderBy(g => g.GroupId, StringComparer.Ordinal));
        return result;
    }

    public async Task<DeleteOffsetsResult> DeleteOffsetsAsync(DeleteOffsetsCall request, CancellationToken cancellationToken)
    {
        await sessions.EnsureLeadingAsync(cancellationToken);
        var isKept = IsKept(request.GroupId);
        var (isIdle, refused) = sessions.Use(request.GroupId, static (core, _) => (core.IsIdle, core.CheckOffsetDelete()));
        if (refused != ErrorCode.None || (isIdle && !isKept))
        {
            return new DeleteOffsetsResult { ErrorCode = (int)(refused == ErrorCode.None ? ErrorCode.GroupIdNotFound : refused) };
        }

        var errors = new List<ErrorCode>();
        var command = new DeleteOffsetsCall { GroupId = request.GroupId };
        foreach (var offset in request.Offsets)
        {
            var name = offset.TopicId.Length == 16
                ? node.Read(state => state.Topics.Find(TopicIds.Read(offset.TopicId))?.Name)
                : null;
            errors.Add(name is null ? ErrorCode.UnknownTopicOrPartition
                : sessions.Use(request.GroupId, (core, _) => core.Reads(name)) ? ErrorCode.GroupSubscribedToTopic
                : ErrorCode.None);
            if (errors[^1] == ErrorCode.None)
            {
                command.Offsets.Add(offset);
            }
        }

        // A group that is not durable yet has none.
        var applied = command.Offsets.Count == 0 || !isKept
            ? new DeleteOffsetsResult()
            : await node.ProposeAsync<DeleteOffsetsResult>(new Command { DeleteOffsets = command }, cancellationToken);
        return applied.ErrorCode != 0 ? applied : new DeleteOffsetsResult { ErrorCodes = { errors.Select(e => (int)e) } };
    }

    private static ListedGroup ToListed(GroupCore group) => new()
    {
        GroupId = group.GroupId, ProtocolType = group.ProtocolType, State = group.State.ToString(), Type = Classic,
    };

    private static ListedGroup ToListed(DurableGroup group) => new()
    {
        GroupId = group.Id,
        ProtocolType = group.Consumer is null ? group.Metadata?.ProtocolType ?? "" : EmbeddedConsumerProtocol.Type,
        State = group.Consumer is { } consumer ? consumer.State.ToString()
            : (group.HasMembers ? GroupState.Stable : GroupState.Empty).ToString(),
        Type = group.Consumer is null ? Classic : Consumer,
    };

    private static DescribedGroup NotFound(string groupId, string message) => new()
    {
        GroupId = groupId, State = nameof(GroupState.Dead), ErrorCode = (int)ErrorCode.GroupIdNotFound, ErrorMessage = message,
    };

    /// <summary>From v9 on a member may say who it is, and is told when it is not up to date (KIP-848).</summary>
    private static ErrorCode CheckFetch(FetchOffsetsCall call, DurableConsumerGroup? group)
    {
        if (group is null || (!call.HasMemberId && call.MemberEpoch < 0))
        {
            return ErrorCode.None;
        }

        // A classic member has no epoch to say, and some clients send a 0 (@platformatic/kafka does).
        return call.MemberEpoch <= 0 && group.Members.TryGetValue(call.MemberId, out var member) && member.Member.Classic is not null
            ? ErrorCode.None
            : group.CheckEpoch(call.MemberId, call.MemberEpoch);
    }
}
