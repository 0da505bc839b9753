using Spillway.Kafka.Configs;
using Spillway.Metadata.Log;
using Spillway.Metadata.Partitions;
using Spillway.Metadata.Topics;
using Spillway.Rpc.Metadata.Persisted;
using Spillway.ServiceDefaults.Loops;

namespace Spillway.Metadata.LogCompaction;

/// <summary>
/// The leader's rounds over all compacted logs, one each <c>log.cleaner.backoff.ms</c>: a few hundred a step. It finds which are dirty enough by
/// their configs; compactors who ask for a job are then given the worst of them, if apply finds the same.
/// </summary>
internal sealed class LogCompactionLoop : BackgroundLoop
{
    /// <summary>Logs named in a command: as many compactors can begin before the next round.</summary>
    private const int WorstMax = 16;

    /// <summary>Kafka's default rate is the greatest double: from what no disk reaches on there is no bound.</summary>
    private const double RateMax = 1e15;

    private static readonly TimeSpan BackoffMax = TimeSpan.FromDays(1);

    private readonly MetadataNode _node;
    private readonly BrokerSettings _settings;
    private readonly DirtyLogs _dirty;
    private readonly MetadataMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly List<(LogToClean Rules, bool IsUnderWay, double Ratio)> _found = [];
    private DateTimeOffset _nextRound;
    private long _nextLog;

    public LogCompactionLoop(
        MetadataNode node, BrokerSettings settings, DirtyLogs dirty, MetadataMetrics metrics, LoopEnvironment environment)
        : base("metadata.log-compaction", TimeSpan.FromSeconds(1), environment)
    {
        _node = node;
        _settings = settings;
        _dirty = dirty;
        _metrics = metrics;
        _time = environment.Time;
    }

    public override ValueTask<bool> RunOnceAsync(CancellationToken cancellationToken)
    {
        if (!_node.IsLeader)
        {
            (_nextLog, _nextRound) = (0, default);
            _found.Clear();
            Publish();
            return new(false);
        }

        if (_time.GetUtcNow() < _nextRound)
        {
            return new(false);
        }

        var (next, backoff) = _node.Read(Look);
        _nextLog = next;
        if (next > 0)
        {
            return new(true);
        }

        Publish();
        _found.Clear();
        _nextRound = _time.GetUtcNow() + backoff;
        return new(false);
    }

    private void Publish()
    {
        _dirty.Worst = [.. _found
            .OrderByDescending(static log => log.IsUnderWay).ThenByDescending(static log => log.Ratio).ThenBy(static log => log.Rules.LogId)
            .Take(WorstMax).Select(static log => log.Rules)];
        _metrics.CompactionsFound(_found.Count, _found.Count == 0 ? 0 : _found.Max(static log => log.Ratio));
    }

    /// <summary>Looks at the next few logs; where to go on, 0: the round is over.</summary>
    private (long Next, TimeSpan Backoff) Look(MetadataState state)
    {
        var broker = _settings.With(state.Configs.DynamicBrokerConfigs);
        var backoff = broker.Milliseconds("log.cleaner.backoff.ms");
        backoff = backoff < BackoffMax ? backoff : BackoffMax;
        if (!broker.Bool("log.cleaner.enable"))
        {
            _found.Clear();
            return (0, backoff);
        }

        var next = ConfiguredLogs.Visit(state, broker, _nextLog, (log, id, config) =>
        {
            if (config.IsCompacted)
            {
                Look(log, ToRules(id, config, broker));
            }
        });
        return (next, backoff);
    }

    private void Look(PartitionLog log, LogToClean rules)
    {
        var range = CleanableRange.Of(log, rules, _node.NowMs);
        var isUnderWay = log.Cleaning is { PassEnd: > 0 };
        if (isUnderWay || range.IsDue(rules, _node.NowMs))
        {
            _found.Add((rules, isUnderWay, range.DirtyRatio));
        }
    }

    private static LogToClean ToRules(long logId, TopicConfig config, BrokerConfig broker) => new()
    {
        LogId = logId,
        MinRatio = config.MinCleanableDirtyRatio,
        MinLagMs = config.MinCompactionLagMs,
        MaxLagMs = config.MaxCompactionLagMs,
        DeleteRetentionMs = config.DeleteRetentionMs,
        KeyBytesMax = broker.Long("log.cleaner.dedupe.buffer.size"),
        BytesPerSecond = broker.Double("log.cleaner.io.max.bytes.per.second") is var rate && rate < RateMax ? rate : 0,
    };
}
