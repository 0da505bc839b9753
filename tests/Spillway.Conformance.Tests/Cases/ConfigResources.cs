namespace Spillway.Conformance.Tests.Cases;

/// <summary>Kinds of resources that have configs, as the wire numbers them, and what a topic of Kafka 4.2 is configured by.</summary>
internal static class ConfigResources
{
    public const sbyte Topic = 2;

    public const sbyte Broker = 4;

    public const sbyte BrokerLogger = 8;

    public const sbyte ClientMetrics = 16;

    public const sbyte Group = 32;

    /// <summary>Every topic config of Kafka 4.2 and its default.</summary>
    public static IReadOnlyDictionary<string, string> TopicDefaults { get; } = new Dictionary<string, string>
    {
        ["cleanup.policy"] = "delete",
        ["compression.gzip.level"] = "-1",
        ["compression.lz4.level"] = "9",
        ["compression.type"] = "producer",
        ["compression.zstd.level"] = "3",
        ["delete.retention.ms"] = "86400000",
        ["file.delete.delay.ms"] = "60000",
        ["flush.messages"] = "9223372036854775807",
        ["flush.ms"] = "9223372036854775807",
        ["follower.replication.throttled.replicas"] = "",
        ["index.interval.bytes"] = "4096",
        ["leader.replication.throttled.replicas"] = "",
        ["local.retention.bytes"] = "-2",
        ["local.retention.ms"] = "-2",
        ["max.compaction.lag.ms"] = "9223372036854775807",
        ["max.message.bytes"] = "1048588",
        ["message.timestamp.after.max.ms"] = "3600000",
        ["message.timestamp.before.max.ms"] = "9223372036854775807",
        ["message.timestamp.type"] = "CreateTime",
        ["min.cleanable.dirty.ratio"] = "0.5",
        ["min.compaction.lag.ms"] = "0",
        ["min.insync.replicas"] = "1",
        ["preallocate"] = "false",
        ["remote.log.copy.disable"] = "false",
        ["remote.log.delete.on.disable"] = "false",
        ["remote.storage.enable"] = "false",
        ["retention.bytes"] = "-1",
        ["retention.ms"] = "604800000",
        ["segment.bytes"] = "1073741824",
        ["segment.index.bytes"] = "10485760",
        ["segment.jitter.ms"] = "0",
        ["segment.ms"] = "604800000",
        ["unclean.leader.election.enable"] = "false",
    };

    public static IEnumerable<string> TopicConfigs => TopicDefaults.Keys;
}
