using Spillway.Metadata.Log;
using Spillway.Metadata.Topics;
using Spillway.Rpc;
using Spillway.Rpc.Metadata.Persisted;
using Spillway.ServiceDefaults.Loops;

namespace Spillway.Metadata.Groups;

/// <summary>
/// What the leader does for groups unasked: begins the members' sessions when its leadership begins, answers who waits when it
/// ends, and forgets offsets whose group has been empty for the retention time or reads their topic no more, and groups that nothing is
/// left of.
/// </summary>
internal sealed class GroupUpkeepLoop : BackgroundLoop
{
    /// <summary>Groups named in one command: a command's apply stays short.</summary>
    private const int GroupsPerCommand = 64;

    private readonly MetadataNode _node;
    private readonly GroupSessions _sessions;
    private readonly BrokerSettings _settings;
    private readonly TimeProvider _time;
    private DateTimeOffset _checked;

    public GroupUpkeepLoop(
        MetadataNode node, GroupSessions sessions, BrokerSettings settings, LoopEnvironment environment)
        : base("metadata.groups", TimeSpan.FromSeconds(1), environment)
    {
        _node = node;
        _sessions = sessions;
        _settings = settings;
        _time = environment.Time;
        _checked = _time.GetUtcNow();
        node.LeadChanged += _ => Wake();
    }

    public override async ValueTask<bool> RunOnceAsync(CancellationToken cancellationToken)
    {
        await _sessions.EndFormerLeadAsync(cancellationToken);
        if (!_node.IsLeader)
        {
            return false;
        }

        try
        {
            await _sessions.EnsureLeadingAsync(cancellationToken);
            return await ExpireOffsetsAsync(cancellationToken);
        }
        catch (RpcException)
        {
            // Not the leader any more, or the log is busy: the next step looks again, here or elsewhere.
            return false;
        }
    }

    private async ValueTask<bool> ExpireOffsetsAsync(CancellationToken cancellationToken)
    {
        var configs = _node.Read(state => _settings.With(state.Configs.DynamicBrokerConfigs));
        var intervalMs = configs.Long("offsets.retention.check.interval.ms");
        var retentionMs = configs.Long("offsets.retention.minutes") * 60_000;
        if (_time.GetUtcNow() - _checked < TimeSpan.FromMilliseconds(intervalMs))
        {
            return false;
        }

        var nowMs = _node.NowMs;
        var expired = _node.Read(state => state.Groups.All
            .Where(g => GroupTable.IsExpirable(g, nowMs, retentionMs) && !_sessions.IsInUse(g.Id))
            .Select(g => g.Id).Take(GroupsPerCommand).ToList());
        if (expired.Count > 0)
        {
            await _node.ProposeAsync<ExpireOffsets>(
                new Command { ExpireOffsets = new ExpireOffsets { GroupIds = { expired }, RetentionMs = retentionMs } },
                cancellationToken);
        }

        if (expired.Count == GroupsPerCommand)
        {
            return true;
        }

        foreach (var id in _node.Read(state => state.Groups.All.Where(g => g.HasMembers && g.HasOffsets).Select(g => g.Id).ToList()))
        {
            await ExpireUnreadAsync(id, retentionMs, cancellationToken);
        }

        _checked = _time.GetUtcNow();
        return false;
    }

    /// <summary>A group with members keeps what they read; the rest goes by the age of the commit.</summary>
    private async ValueTask ExpireUnreadAsync(string groupId, long retentionMs, CancellationToken cancellationToken)
    {
        var nowMs = _node.NowMs;
        var topics = _node.Read(state => state.Groups.Find(groupId) is { } group
            ? group.Offsets.All
                .Where(o => group.IsUnreadExpired(o.TopicId, o.Partition, o.Offset, nowMs, retentionMs))
                .Select(o => o.TopicId).Distinct()
                .Select(id => (Id: id, state.Topics.Find(id)?.Name))
                .ToList()
            : []);
        if (topics.Count == 0)
        {
            return;
        }

        // Looked at and queued in one step: no member that reads it comes between.
        await _sessions.Use(groupId, (core, _) =>
        {
            var unread = topics.Where(t => t.Name is not null && core.ExpiresUnread && !core.Reads(t.Name))
                .Select(t => TopicIds.Write(t.Id)).ToList();
            return unread.Count == 0
                ? Task.CompletedTask
                : _node.ProposeAsync<ExpireOffsets>(
                    new Command
                    {
                        ExpireOffsets = new ExpireOffsets
                        {
                            RetentionMs = retentionMs, Unread = { new UnreadTopics { GroupId = groupId, TopicIds = { unread } } },
                        },
                    },
                    cancellationToken);
        });
    }
}
