using Spillway.Metadata.Log;
using Spillway.Metadata.Topics;
using Spillway.Rpc;
using Spillway.Rpc.Metadata.Persisted;
using Spillway.ServiceDefaults.Loops;

namespace Spillway.Metadata.Groups;

/// <summary>
/// What the leader does for groups unasked: begins the members' sessions when its leadership begins, and forgets offsets whose
/// group has been empty for the retention time, and groups that nothing is left of.
/// </summary>
internal sealed class GroupUpkeepLoop(
    MetadataNode node, GroupSessions sessions, BrokerSettings settings, LoopEnvironment environment)
    : BackgroundLoop("metadata.groups", TimeSpan.FromSeconds(1), environment)
{
    /// <summary>Groups named in one command: a command's apply stays short.</summary>
    private const int GroupsPerCommand = 64;

    private readonly TimeProvider _time = environment.Time;
    private DateTimeOffset _checked = environment.Time.GetUtcNow();

    public override async ValueTask<bool> RunOnceAsync(CancellationToken cancellationToken)
    {
        if (!node.IsLeader)
        {
            return false;
        }

        try
        {
            await sessions.EnsureLeadingAsync(cancellationToken);
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
        var configs = node.Read(state => settings.With(state.Configs.DynamicBrokerConfigs));
        var intervalMs = configs.Long("offsets.retention.check.interval.ms");
        var retentionMs = configs.Long("offsets.retention.minutes") * 60_000;
        if (_time.GetUtcNow() - _checked < TimeSpan.FromMilliseconds(intervalMs))
        {
            return false;
        }

        var nowMs = node.NowMs;
        var expired = node.Read(state => state.Groups.All
            .Where(g => GroupTable.IsExpirable(g, nowMs, retentionMs) && !sessions.IsInUse(g.Id))
            .Select(g => g.Id).Take(GroupsPerCommand).ToList());
        if (expired.Count > 0)
        {
            await node.ProposeAsync<ExpireOffsets>(
                new Command { ExpireOffsets = new ExpireOffsets { GroupIds = { expired }, RetentionMs = retentionMs } },
                cancellationToken);
        }

        if (expired.Count == GroupsPerCommand)
        {
            return true;
        }

        _checked = _time.GetUtcNow();
        return false;
    }
}
