using Spillway.Kafka;
using Spillway.Kafka.Configs;
using Spillway.Kafka.Records;

namespace Spillway.ProtocolFrontend.Cluster;

/// <summary>A topic as the image shows it. Immutable, but for the brokers' defaults under its configs, which follow their changes.</summary>
internal sealed class TopicView(
    Guid topicId,
    string name,
    LogId[] logIds,
    IReadOnlyDictionary<string, string> configOverrides,
    BrokerSettings brokerSettings,
    int replicationFactor)
{
    private volatile Parsed? _parsed;

    public Guid TopicId { get; } = topicId;

    public string Name { get; } = name;

    public int PartitionCount => logIds.Length;

    /// <summary>The topic's configs with the brokers' under them.</summary>
    public TopicConfig Config => Parse().Config;

    /// <summary>What a produced batch is checked against.</summary>
    public RecordBatchRules Rules => Parse().Rules;

    public int ReplicationFactor { get; } = replicationFactor;

    public bool TryGetLog(int partition, out LogId logId)
    {
        if ((uint)partition < (uint)logIds.Length)
        {
            logId = logIds[partition];
            return true;
        }

        logId = default;
        return false;
    }

    public override string ToString() => $"{Name} ({TopicId})";

    private Parsed Parse()
    {
        var broker = brokerSettings.Current;
        var parsed = _parsed;
        if (parsed is null || parsed.Broker != broker)
        {
            var config = new TopicConfig(configOverrides, broker);
            _parsed = parsed = new Parsed(broker, config, config.ToRecordBatchRules());
        }

        return parsed;
    }

    private sealed record Parsed(BrokerConfig Broker, TopicConfig Config, RecordBatchRules Rules);
}
