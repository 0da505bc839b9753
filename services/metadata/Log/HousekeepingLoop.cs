using Spillway.Metadata.Topics;
using Spillway.Rpc;
using Spillway.Rpc.Metadata.Persisted;
using Spillway.ServiceDefaults.Loops;

namespace Spillway.Metadata.Log;

/// <summary>
/// What the leader does unasked: ends what is past its deadline, trims indexes bit by bit, forgets idle producers. It looks
/// at its own state first and proposes only where there is something to do; apply judges again.
/// </summary>
internal sealed class HousekeepingLoop : BackgroundLoop
{
    /// <summary>Entries trimmed by one command: well below a millisecond of apply.</summary>
    private const int TrimEntriesMax = 1024;

    /// <summary>Logs looked at for idle producers in one step, and named in one command.</summary>
    private const int ProducerLogsPerStep = 512;

    private readonly MetadataNode _node;
    private readonly MetadataOptions _options;
    private readonly BrokerSettings _settings;
    private readonly MetadataMetrics _metrics;
    private readonly TimeProvider _time;
    private long _nextProducerLog;

    public HousekeepingLoop(
        MetadataNode node,
        MetadataOptions options,
        BrokerSettings settings,
        MetadataMetrics metrics,
        LoopEnvironment environment)
        : base("metadata.housekeeping", TimeSpan.FromSeconds(1), environment)
    {
        _node = node;
        _options = options;
        _settings = settings;
        _metrics = metrics;
        _time = environment.Time;
        node.LeadChanged += _ => Wake();
    }

    public override async ValueTask<bool> RunOnceAsync(CancellationToken cancellationToken)
    {
        if (!_node.IsLeader)
        {
            return false;
        }

        try
        {
            await _node.InitializeAsync(cancellationToken);
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
        if (_node.Lead is not { } lead || _time.GetUtcNow() - lead.Since < _options.NodeLease)
        {
            return;
        }

        var now = _node.NowMs;
        if (_node.Read(state => state.Nodes.AnyLeaseExpired(now) || state.Jobs.AnyLeaseExpired(now)
            || state.Containers.AnyPreparedExpired(now)))
        {
            await _node.ProposeAsync<ExpireDeadlines>(
                new Command { ExpireDeadlines = new ExpireDeadlines() }, cancellationToken);
            _metrics.DeadlinesExpired();
        }
    }

    private async ValueTask<bool> TrimAsync(CancellationToken cancellationToken)
    {
        if (!_node.Read(state => state.Topics.HasTrimmable))
        {
            return false;
        }

        await _node.ProposeAsync<TrimIndexes>(
            new Command { TrimIndexes = new TrimIndexes { EntriesMax = TrimEntriesMax } }, cancellationToken);
        return _node.Read(state => state.Topics.HasTrimmable);
    }

    private async ValueTask ExpireProducersAsync(CancellationToken cancellationToken)
    {
        var (idleMs, logs) = _node.Read(FindIdleProducers);
        if (logs.Count > 0)
        {
            await _node.ProposeAsync<ExpireProducers>(
                new Command { ExpireProducers = new ExpireProducers { LogIds = { logs }, IdleMs = idleMs } },
                cancellationToken);
        }
    }

    private (long IdleMs, List<long> Logs) FindIdleProducers(MetadataState state)
    {
        var idleMs = _settings.With(state.Configs.DynamicBrokerConfigs).Long("producer.id.expiration.ms");
        var before = _node.NowMs - idleMs;
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
