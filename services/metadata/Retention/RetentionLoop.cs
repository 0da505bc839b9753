using Spillway.Kafka.Configs;
using Spillway.Metadata.Log;
using Spillway.Metadata.Topics;
using Spillway.Rpc;
using Spillway.Rpc.Metadata.Persisted;
using Spillway.ServiceDefaults.Loops;

namespace Spillway.Metadata.Retention;

/// <summary>
/// The leader's rounds over all partitions, one each <c>log.retention.check.interval.ms</c>: a few hundred a step, one look at the index where
/// there is nothing to do. It proposes; apply judges again, by the clock of the command.
/// </summary>
internal sealed class RetentionLoop : BackgroundLoop
{
    /// <summary>Entries that one command looks at, so that apply holds the state's lock for well below a millisecond.</summary>
    private const int EntriesMax = 4096;

    private readonly MetadataNode _node;
    private readonly BrokerSettings _settings;
    private readonly MetadataMetrics _metrics;
    private readonly TimeProvider _time;
    private DateTimeOffset _nextRound;
    private long _nextLog;

    public RetentionLoop(MetadataNode node, BrokerSettings settings, MetadataMetrics metrics, LoopEnvironment environment)
        : base("metadata.retention", TimeSpan.FromSeconds(1), environment)
    {
        _node = node;
        _settings = settings;
        _metrics = metrics;
        _time = environment.Time;

        // As Kafka, which leaves brokers that have just started alone for so long (log.initial.task.delay.ms).
        _nextRound = _time.GetUtcNow() + TimeSpan.FromSeconds(30);
    }

    public override async ValueTask<bool> RunOnceAsync(CancellationToken cancellationToken)
    {
        if (!_node.IsLeader || _time.GetUtcNow() < _nextRound)
        {
            return false;
        }

        try
        {
            var (command, next) = _node.Read(FindExpirable);
            if (command.Logs.Count > 0)
            {
                var expired = await _node.ProposeAsync<ExpiredRecords>(
                    new Command { ExpireRecords = command }, cancellationToken);
                _metrics.RecordsExpired(expired.Offsets);
                if (!expired.IsComplete)
                {
                    return true; // the same logs once more
                }
            }

            _nextLog = next;
            if (next > 0)
            {
                return true;
            }

            _nextRound = _time.GetUtcNow() + TimeSpan.FromMilliseconds(
                _node.Read(Broker).Long("log.retention.check.interval.ms"));
            return false;
        }
        catch (RpcException)
        {
            // Not the leader any more, or the log is busy: the next step looks again, here or elsewhere.
            return false;
        }
    }

    /// <summary>What is to be proposed for the next few logs, and where to go on; 0: the round is over.</summary>
    private (ExpireRecords Command, long Next) FindExpirable(MetadataState state)
    {
        var command = new ExpireRecords { EntriesMax = EntriesMax };
        var next = ConfiguredLogs.Visit(state, Broker(state), _nextLog, (log, id, config) =>
        {
            var retention = new LogRetention { LogId = id, RetentionMs = config.RetentionMs, RetentionBytes = config.RetentionBytes };
            if (config.IsDeleted && RecordRetention.IsExpirable(log, retention, _node.NowMs))
            {
                command.Logs.Add(retention);
            }
        });
        return (command, next);
    }

    private BrokerConfig Broker(MetadataState state) => _settings.With(state.Configs.DynamicBrokerConfigs);
}
