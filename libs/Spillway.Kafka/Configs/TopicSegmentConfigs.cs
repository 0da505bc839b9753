namespace Spillway.Kafka.Configs;

/// <summary>
/// How Kafka lays a topic out on disks, replicates and tiers it. Spillway has a WAL that all topics share and objects behind
/// it, so these are taken and shown, and change nothing.
/// </summary>
internal static class TopicSegmentConfigs
{
    public static readonly ConfigDefinition[] All =
    [
        Define("segment.bytes", ConfigType.Int, "1073741824", "Bytes of a log segment on Kafka's disk.",
            ConfigRule.AtLeast(1 << 20), ("log.segment.bytes", 1)),
        Define("segment.ms", ConfigType.Long, "604800000", "Age at which Kafka rolls a log segment.",
            ConfigRule.AtLeast(1), ("log.roll.ms", 1), ("log.roll.hours", 3_600_000)),
        Define("segment.jitter.ms", ConfigType.Long, "0", "Spread of that age.",
            ConfigRule.AtLeast(0), ("log.roll.jitter.ms", 1), ("log.roll.jitter.hours", 3_600_000)),
        Define("segment.index.bytes", ConfigType.Int, "10485760", "Bytes of a log segment's index.",
            ConfigRule.AtLeast(4), ("log.index.size.max.bytes", 1)),
        Define("index.interval.bytes", ConfigType.Int, "4096", "Bytes between two entries of that index.",
            ConfigRule.AtLeast(0), ("log.index.interval.bytes", 1)),
        Define("flush.messages", ConfigType.Long, "9223372036854775807",
            "Records after which Kafka flushes. Here every record is flushed before it is acknowledged.",
            ConfigRule.AtLeast(1), ("log.flush.interval.messages", 1)),
        Define("flush.ms", ConfigType.Long, "9223372036854775807", "Time after which Kafka flushes.",
            ConfigRule.AtLeast(0), ("log.flush.interval.ms", 1), ("log.flush.scheduler.interval.ms", 1)),
        Define("preallocate", ConfigType.Boolean, "false", "Whether Kafka preallocates a log segment; WAL segments always are.",
            ConfigRule.Any, ("log.preallocate", 1)),
        Define("leader.replication.throttled.replicas", ConfigType.List, "", "Replicas whose replication is slowed at the leader.",
            ConfigRule.ThrottledReplicas),
        Define("follower.replication.throttled.replicas", ConfigType.List, "", "Replicas whose replication is slowed at the follower.",
            ConfigRule.ThrottledReplicas),
        ConfigDefinition.Hidden("internal.segment.bytes", ConfigType.Int, null, "The same, for Kafka's own tests."),
        Define("remote.storage.enable", ConfigType.Boolean, "false",
            "Whether Kafka moves old log segments to remote storage. Here everything goes to the object store."),
        Define("remote.log.copy.disable", ConfigType.Boolean, "false", "Whether Kafka stops to move log segments."),
        Define("remote.log.delete.on.disable", ConfigType.Boolean, "false",
            "Whether Kafka deletes what it moved when remote storage is turned off."),
        Define("local.retention.ms", ConfigType.Long, "-2", "How long Kafka keeps moved log segments on its disk too.",
            ConfigRule.AtLeast(-2), ("log.local.retention.ms", 1)),
        Define("local.retention.bytes", ConfigType.Long, "-2", "How many bytes of them.",
            ConfigRule.AtLeast(-2), ("log.local.retention.bytes", 1)),
    ];

    private static ConfigDefinition Define(
        string name,
        ConfigType type,
        string value,
        string documentation,
        ConfigRule? rule = null,
        params (string Name, long Factor)[] synonyms) =>
        new(name, type, value, documentation)
        {
            Rule = rule ?? ConfigRule.Any,
            Acts = false,
            BrokerSynonyms = synonyms,
        };
}
