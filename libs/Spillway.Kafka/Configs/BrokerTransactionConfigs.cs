namespace Spillway.Kafka.Configs;

/// <summary>Broker configs about producers and transactions.</summary>
internal static class BrokerTransactionConfigs
{
    public static readonly ConfigDefinition[] All =
    [
        Number("transaction.max.timeout.ms", "900000", "The longest transaction timeout a producer may ask for."),
        Number("transactional.id.expiration.ms", "604800000", "How long an unused transactional id is remembered."),
        Number("transaction.abort.timed.out.transaction.cleanup.interval.ms", "10000",
            "How often transactions that timed out are looked for and aborted."),
        Number("transaction.remove.expired.transaction.cleanup.interval.ms", "3600000",
            "How often expired transactional ids are removed."),
        Number("producer.id.expiration.ms", "86400000",
            "How long a partition remembers an idempotent producer that has gone quiet and has no transaction open."),
        ConfigDefinition.Hidden("producer.id.expiration.check.interval.ms", ConfigType.Int, "600000",
            "How often it forgets them.", ConfigRule.AtLeast(1)),
        ConfigDefinition.Stored("transaction.state.log.load.buffer.size", ConfigType.Int, "5242880",
            "Bytes in which a Kafka transaction coordinator reads its log when it takes over.", ConfigRule.AtLeast(1)),
        ConfigDefinition.Stored("transaction.state.log.segment.bytes", ConfigType.Int, "104857600",
            "Bytes of the segments of Kafka's transaction log.", ConfigRule.AtLeast(1)),
        ConfigDefinition.Stored("transaction.two.phase.commit.enable", ConfigType.Boolean, "false",
            "Whether a producer may ask for transactions without a timeout (KIP-939)."),
        ConfigDefinition.Stored("add.partitions.to.txn.retry.backoff.max.ms", ConfigType.Int, "100",
            "Longest pause of Kafka's brokers before they ask again about a transaction.", ConfigRule.AtLeast(0)),
        ConfigDefinition.Stored("add.partitions.to.txn.retry.backoff.ms", ConfigType.Int, "20",
            "First pause of Kafka's brokers before they ask again about a transaction.", ConfigRule.AtLeast(1)),
        new("transaction.partition.verification.enable", ConfigType.Boolean, "true",
            "Whether a produce is checked against its transaction. Here it always is, where it is committed.")
        {
            Acts = false,
        },
        new("transaction.state.log.num.partitions", ConfigType.Int, "50",
            "Partitions of Kafka's transaction log. Transactions are metadata here.")
        {
            Rule = ConfigRule.AtLeast(1),
            Acts = false,
        },
        new("transaction.state.log.replication.factor", ConfigType.Short, "3", "Replicas of that log.")
        {
            Rule = ConfigRule.AtLeast(1),
            Acts = false,
        },
        new("transaction.state.log.min.isr", ConfigType.Int, "2", "In-sync replicas that log needs.")
        {
            Rule = ConfigRule.AtLeast(1),
            Acts = false,
        },
    ];

    private static ConfigDefinition Number(string name, string value, string documentation) =>
        new(name, ConfigType.Int, value, documentation) { Rule = ConfigRule.AtLeast(1) };
}
