namespace Spillway.Kafka.Configs;

/// <summary>Broker configs about groups and their offsets.</summary>
internal static class BrokerGroupConfigs
{
    public static readonly ConfigDefinition[] All =
    [
        new("group.initial.rebalance.delay.ms", ConfigType.Int, "3000",
            "How long the first member of an empty group waits for others. 0 makes tests fast."),
        new("group.min.session.timeout.ms", ConfigType.Int, "6000", "The shortest session timeout a member may ask for."),
        new("group.max.session.timeout.ms", ConfigType.Int, "1800000", "The longest session timeout a member may ask for."),
        Number("group.max.size", "2147483647", 1, "Members of a group."),
        Number("group.consumer.session.timeout.ms", "45000", 1, "Session timeout of the consumer protocol (KIP-848)."),
        Number("group.consumer.min.session.timeout.ms", "45000", 1, "The shortest a group may set."),
        Number("group.consumer.max.session.timeout.ms", "60000", 1, "The longest a group may set."),
        Number("group.consumer.heartbeat.interval.ms", "5000", 1, "Heartbeat interval of the consumer protocol."),
        Number("group.consumer.min.heartbeat.interval.ms", "5000", 1, "The shortest a group may set."),
        Number("group.consumer.max.heartbeat.interval.ms", "15000", 1, "The longest a group may set."),
        Number("group.consumer.max.size", "2147483647", 1, "Members of a group of the consumer protocol."),
        new("group.consumer.assignors", ConfigType.List, "uniform,range", "Assignors of the consumer protocol, the default first.")
        {
            Rule = ConfigRule.ItemsOf("uniform", "range"),
        },
        new("group.consumer.migration.policy", ConfigType.String, "bidirectional",
            "In which direction a group may change between the classic and the consumer protocol.")
        {
            Rule = ConfigRule.OneOfAnyCase("disabled", "downgrade", "upgrade", "bidirectional"),
        },
        new("group.coordinator.rebalance.protocols", ConfigType.List, "classic,consumer,streams",
            "Protocols that groups may speak. Without consumer, its requests are answered with UNSUPPORTED_VERSION.")
        {
            Rule = ConfigRule.ItemsWith("classic", "consumer", "share", "streams"),
        },
        new("offset.metadata.max.bytes", ConfigType.Int, "4096",
            "Characters of the metadata in an offset commit; Kafka counts so too, whatever it calls them."),
        Number("offsets.retention.minutes", "10080", 1, "How long the offsets of an empty group are kept."),
        new("offsets.retention.check.interval.ms", ConfigType.Long, "600000", "How often they are looked at.")
        {
            Rule = ConfigRule.AtLeast(1),
        },
        Number("offsets.commit.timeout.ms", "5000", 1,
            "How long an offset commit may take until it is answered with COORDINATOR_NOT_AVAILABLE."),
        Shown("offsets.topic.num.partitions", ConfigType.Int, "50", "Partitions of Kafka's offsets topic. Offsets are metadata here."),
        Shown("offsets.topic.replication.factor", ConfigType.Short, "3", "Replicas of that topic."),
        Shown("offsets.topic.segment.bytes", ConfigType.Int, "104857600", "Bytes of that topic's segments."),
    ];

    private static ConfigDefinition Number(string name, string value, long min, string documentation) =>
        new(name, ConfigType.Int, value, documentation) { Rule = ConfigRule.AtLeast(min) };

    private static ConfigDefinition Shown(string name, ConfigType type, string value, string documentation) =>
        new(name, type, value, documentation) { Rule = ConfigRule.AtLeast(1), Acts = false };
}
