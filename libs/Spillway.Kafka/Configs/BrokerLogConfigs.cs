namespace Spillway.Kafka.Configs;

/// <summary>Broker configs that give topic configs their default, and those about retention as a whole.</summary>
internal static class BrokerLogConfigs
{
    /// <summary>
    /// Those whose default differs from the topic config's, or that are written in another unit; the others are the topic
    /// config under its broker name.
    /// </summary>
    private static readonly ConfigDefinition[] Own =
    [
        new("log.retention.ms", ConfigType.Long, null, "Default of retention.ms; stronger than the next two.")
        {
            Rule = ConfigRule.UnlimitedOrAtLeast(1),
        },
        new("log.retention.minutes", ConfigType.Int, null, "The same in minutes; stronger than the hours."),
        new("log.retention.hours", ConfigType.Int, "168", "The same in hours."),
        new("log.roll.ms", ConfigType.Long, null, "Default of segment.ms.") { Rule = ConfigRule.AtLeast(1), Acts = false },
        new("log.roll.hours", ConfigType.Int, "168", "The same in hours.") { Rule = ConfigRule.AtLeast(1), Acts = false },
        new("log.roll.jitter.ms", ConfigType.Long, null, "Default of segment.jitter.ms.") { Rule = ConfigRule.AtLeast(0), Acts = false },
        new("log.roll.jitter.hours", ConfigType.Int, "0", "The same in hours.") { Rule = ConfigRule.AtLeast(0), Acts = false },
        new("log.flush.interval.ms", ConfigType.Long, null, "Default of flush.ms.") { Acts = false },
        new("log.flush.scheduler.interval.ms", ConfigType.Long, "9223372036854775807", "Default of flush.ms where that is not set.")
        {
            Acts = false,
        },
        new("log.retention.check.interval.ms", ConfigType.Long, "300000", "How often retention looks for what may go.")
        {
            Rule = ConfigRule.AtLeast(1),
        },
        new("log.cleaner.enable", ConfigType.Boolean, "true", "Whether compacted topics are compacted."),
        new("log.cleaner.threads", ConfigType.Int, "1", "How many partitions a broker works on at a time; here as many as there are compactors.")
        {
            Rule = ConfigRule.AtLeast(0),
            Acts = false,
        },
        new("log.cleaner.backoff.ms", ConfigType.Long, "15000", "How often log compaction looks for what is dirty enough, once a second at most.")
        {
            Rule = ConfigRule.AtLeast(0),
        },
        new("log.cleaner.dedupe.buffer.size", ConfigType.Long, "134217728", "Bytes for the key map of log compaction, about 112 a key."),
        new("log.cleaner.io.max.bytes.per.second", ConfigType.Double, "1.7976931348623157E308",
            "Bytes a second that a compactor reads and writes at most for log compaction."),
    ];

    private static readonly HashSet<string> Named = new(
        Own.Concat(BrokerTopicConfigs.All).Select(config => config.Name), StringComparer.Ordinal);

    public static readonly ConfigDefinition[] All = [.. Own, .. OfTopics()];

    private static IEnumerable<ConfigDefinition> OfTopics() =>
        from topic in TopicConfigs.All
        where topic.BrokerSynonym is not null && !Named.Contains(topic.BrokerSynonym)
        select new ConfigDefinition(topic.BrokerSynonym!, topic.Type, topic.Default, $"Default of {topic.Name}: {topic.Documentation}")
        {
            Rule = topic.Rule,
            Acts = topic.Acts || topic.WaitsFor is not null,
        };
}
