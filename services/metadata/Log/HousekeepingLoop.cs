using Spillway.Metadata.Topics;
using Spillway.Rpc;
using Spillway.Rpc.Metadata.Persisted;
using Spillway.ServiceDefaults.Loops;

namespace Spillway.Metadata.Log;

/// <summary>
/// What the leader does unasked: ends what is past its deadline, trims indexes bit by bit, forgets idle producers. It looks
/// at its own state first and proposes only where there is something to do; apply judges again.
/// </summary>
internal sealed class HousekeepingLoop(
    MetadataNode node, MetadataOptions options, BrokerSettings settings, MetadataMetrics metrics, LoopEnvironment environment)
    : BackgroundLoop("metadata.housekeeping", TimeSpan.FromSeconds(1), environment)
{
    /// <summary>Entries trimmed by one command: well below a millisecond of apply.</summary>
    private const int TrimEntriesMax = 1024;

    /// <summary>Logs looked at for idle producers in one step, and named in one command.</summary>
    private const int ProducerLogsPerStep = 512;

    private readonly TimeProvider _time = environment.Time;
    private long _nextProducerLog;

    public override async ValueTask<bool> RunOnceAsync(CancellationToken cancellationToken)
    {
        if (!node.IsLeader)
        {
            return false;
        }

        try
        {
            await ExpireDeadlinesAsync(cancellationToken);
            await ExpireProducersAsync(cancellationToken);
            return await TrimAsync(cancellationToken);
        }
        catch (RpcException)
        {
            // Not the leader any more, or the log is busy: the next step looks again, here or elsewhere.
            return false;
        }
    }

    private async ValueTask ExpireDeadlinesAsync(CancellationToken cancellationToken)
    {
        // A new leader gives every node one whole lease to renew: it may have been the leader's absence that kept it from it.
        if (node.LeaderSince is not { } since || _time.GetUtcNow() - since < options.NodeLease)
        {
            return;
        }

        var now = node.NowMs;
        if (node.Read(state => state.Nodes.AnyLeaseExpired(now) || state.Jobs.AnyLeaseExpired(now)
            || state.Containers.AnyPreparedExpired(now)))
        {
            await node.ProposeAsync<ExpireDeadlines>(
                new Command { ExpireDeadlines = new ExpireDeadlines() }, cancellationToken);
            metrics.DeadlinesExpired();
        }
    }

    private async ValueTask<bool> TrimAsync(CancellationToken cancellationToken)
    {
        if (!node.Read(state => state.Topics.HasTrimmable))
        {
            return false;
        }

        await node.ProposeAsync<TrimIndexes>(
            new Command { TrimIndexes = new TrimIndexes { EntriesMax = TrimEntriesMax } }, cancellationToken);
        return node.Read(state => state.Topics.HasTrimmable);
    }

    private async ValueTask ExpireProducersAsync(CancellationToken cancellationToken)
    {
        var (idleMs, logs) = node.Read(FindIdleProducers);
        if (logs.Count > 0)
        {
            await node.ProposeAsync<ExpireProducers>(
                new Command { ExpireProducers = new ExpireProducers { LogIds = { logs }, IdleMs = idleMs } },
                cancellationToken);
        }
    }

    private (long IdleMs, List<long> Logs) FindIdleProducers(MetadataState state)
    {
        var idleMs = settings.With(state.Configs.DynamicBrokerConfigs).Long("producer.id.expiration.ms");
        var before = node.NowMs - idleMs;
        var logs = new List<long>();
        var last = Math.Min(_nextProducerLog + ProducerLogsPerStep, state.Topics.LastLogId);
        for (; _nextProducerLog <= last; _nextProducerLog++)
        {
            if (state.Topics.FindLog(_nextProducerLog) is { } log && log.Producers.AnyIdleSince(before))
            {
                logs.Add(_nextProducerLog);
            }
        }

        if (_nextProducerLog > state.Topics.LastLogId)
        {
            _nextProducerLog = 0;
        }

        return (idleMs, logs);
    }
}
