namespace Spillway.Kafka.Configs;

/// <summary>What a topic takes.</summary>
internal static class TopicMessageConfigs
{
    public static readonly ConfigDefinition[] All =
    [
        new("max.message.bytes", ConfigType.Int, "1048588", "The bytes of the largest record batch the topic takes.")
        {
            Rule = ConfigRule.AtLeast(0),
            BrokerSynonyms = [("message.max.bytes", 1)],
        },
        new("message.timestamp.type", ConfigType.String, "CreateTime",
            "Whether records have the producer's time or that of their append.")
        {
            Rule = ConfigRule.OneOf("CreateTime", "LogAppendTime"),
            BrokerSynonyms = [("log.message.timestamp.type", 1)],
        },
        new("message.timestamp.before.max.ms", ConfigType.Long, "9223372036854775807",
            "How far a producer's timestamp may lie in the past.")
        {
            Rule = ConfigRule.AtLeast(0),
            BrokerSynonyms = [("log.message.timestamp.before.max.ms", 1)],
        },
        new("message.timestamp.after.max.ms", ConfigType.Long, "3600000",
            "How far a producer's timestamp may lie in the future; a record from next year would hold retention up till then.")
        {
            Rule = ConfigRule.AtLeast(0),
            BrokerSynonyms = [("log.message.timestamp.after.max.ms", 1)],
        },
        new("compression.type", ConfigType.String, "producer",
            "The codec records are kept in. With producer they stay as they come; with another a batch that comes otherwise is compressed "
            + "again by the frontend, which costs it the time.")
        {
            Rule = ConfigRule.OneOf("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"),
            BrokerSynonyms = [("compression.type", 1)],
        },
        new("compression.gzip.level", ConfigType.Int, "-1",
            "The level of gzip where the broker compresses: 1 to 9, -1 for its default.")
        {
            Rule = ConfigRule.OneOf("-1", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
            BrokerSynonyms = [("compression.gzip.level", 1)],
        },
        new("compression.lz4.level", ConfigType.Int, "9", "The level of lz4 where the broker compresses; 9 is its default.")
        {
            Rule = ConfigRule.Between(1, 17),
            BrokerSynonyms = [("compression.lz4.level", 1)],
        },
        new("compression.zstd.level", ConfigType.Int, "3", "The level of zstd where the broker compresses.")
        {
            Rule = ConfigRule.Between(-131072, 22),
            BrokerSynonyms = [("compression.zstd.level", 1)],
        },
        new("min.insync.replicas", ConfigType.Int, "1",
            "How many replicas must be in sync for a produce with acks=all; as in Kafka, of more than a topic has no more than those count "
            + "(KAFKA-15583). Here all that are shown always are, since a record is durable on the WAL volume before it is acknowledged, so "
            + "that no produce is refused for it.")
        {
            Rule = ConfigRule.AtLeast(1),
            Acts = false,
            BrokerSynonyms = [("min.insync.replicas", 1)],
        },
        new("unclean.leader.election.enable", ConfigType.Boolean, "false",
            "Whether a replica that lags may lead. There are no leaders here, and none that lag.")
        {
            Acts = false,
            BrokerSynonyms = [("unclean.leader.election.enable", 1)],
        },
    ];
}
