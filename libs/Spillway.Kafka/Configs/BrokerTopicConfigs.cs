namespace Spillway.Kafka.Configs;

/// <summary>Broker configs about topics as such.</summary>
internal static class BrokerTopicConfigs
{
    public static readonly ConfigDefinition[] All =
    [
        new("num.partitions", ConfigType.Int, "1", "Partitions of a topic created without saying how many.")
        {
            Rule = ConfigRule.AtLeast(1),
        },
        new("auto.create.topics.enable", ConfigType.Boolean, "true", "Whether a client that asks for a topic creates it."),
        new("delete.topic.enable", ConfigType.Boolean, "true", "Whether DeleteTopics deletes."),
        new("default.replication.factor", ConfigType.Int, "1",
            "Replicas of a topic created without saying how many. The bytes' copies are the WAL volume's and the object store's.")
        {
            Acts = false,
        },
        new("max.request.partition.size.limit", ConfigType.Int, "2000", "Partitions in one answer of DescribeTopicPartitions.")
        {
            Rule = ConfigRule.AtLeast(1),
        },
        new("auto.leader.rebalance.enable", ConfigType.Boolean, "true", "Whether Kafka moves leaders back. There are none here.")
        {
            Acts = false,
        },
        new("unclean.leader.election.enable", ConfigType.Boolean, "false", "Default of the topic config of that name.")
        {
            Acts = false,
        },
        new("min.insync.replicas", ConfigType.Int, "1", "Default of the topic config of that name.")
        {
            Rule = ConfigRule.AtLeast(1),
            Acts = false,
        },
    ];
}
