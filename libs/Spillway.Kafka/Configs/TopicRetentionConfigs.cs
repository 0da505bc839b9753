namespace Spillway.Kafka.Configs;

/// <summary>How long a topic keeps what.</summary>
internal static class TopicRetentionConfigs
{
    public static readonly ConfigDefinition[] All =
    [
        new("cleanup.policy", ConfigType.List, "delete",
            "delete drops what is older or larger than the retention allows; compact keeps the last record of each key; "
            + "both may be given, and none keeps everything.")
        {
            Rule = ConfigRule.ListOf("compact", "delete"),
            BrokerSynonyms = [("log.cleanup.policy", 1)],
        },
        new("retention.ms", ConfigType.Long, "604800000",
            "How long records are kept, by their timestamps; -1 for ever. Applies with cleanup.policy=delete.")
        {
            Rule = ConfigRule.AtLeast(-1),
            BrokerSynonyms =
                [("log.retention.ms", 1), ("log.retention.minutes", 60_000), ("log.retention.hours", 3_600_000)],
        },
        new("retention.bytes", ConfigType.Long, "-1",
            "How many bytes a partition keeps; -1 for no bound. Applies with cleanup.policy=delete.")
        {
            BrokerSynonyms = [("log.retention.bytes", 1)],
        },
        new("delete.retention.ms", ConfigType.Long, "86400000",
            "How long log compaction keeps tombstones and transaction markers, so that a reader from the start sees them.")
        {
            Rule = ConfigRule.AtLeast(0),
            BrokerSynonyms = [("log.cleaner.delete.retention.ms", 1)],
        },
        new("min.compaction.lag.ms", ConfigType.Long, "0", "How long a record is safe from log compaction.")
        {
            Rule = ConfigRule.AtLeast(0),
            BrokerSynonyms = [("log.cleaner.min.compaction.lag.ms", 1)],
        },
        new("max.compaction.lag.ms", ConfigType.Long, "9223372036854775807",
            "How long a record may wait for log compaction.")
        {
            Rule = ConfigRule.AtLeast(1),
            BrokerSynonyms = [("log.cleaner.max.compaction.lag.ms", 1)],
        },
        new("min.cleanable.dirty.ratio", ConfigType.Double, "0.5",
            "The share of bytes not yet compacted from which on log compaction is worth its reads and writes.")
        {
            Rule = ConfigRule.Between(0, 1),
            BrokerSynonyms = [("log.cleaner.min.cleanable.ratio", 1)],
        },
        new("file.delete.delay.ms", ConfigType.Long, "60000", "How long Kafka leaves a deleted file on its disk.")
        {
            Rule = ConfigRule.AtLeast(0),
            Acts = false,
            BrokerSynonyms = [("log.segment.delete.delay.ms", 1)],
        },
    ];
}
