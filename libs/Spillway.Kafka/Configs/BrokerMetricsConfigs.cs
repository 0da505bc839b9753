namespace Spillway.Kafka.Configs;

/// <summary>Broker configs about metrics and the windows of quotas.</summary>
internal static class BrokerMetricsConfigs
{
    public static readonly ConfigDefinition[] All =
    [
        ConfigDefinition.Stored("metrics.num.samples", ConfigType.Int, "2",
            "Samples from which Kafka computes a metric.", ConfigRule.AtLeast(1)),
        ConfigDefinition.Stored("metrics.sample.window.ms", ConfigType.Long, "30000",
            "Time that a sample covers.", ConfigRule.AtLeast(1)),
        ConfigDefinition.Stored("metric.reporters", ConfigType.List, "org.apache.kafka.common.metrics.JmxReporter",
            "Kafka's plug-ins that report metrics. See docs/operations.md.", ConfigRule.DistinctList),
        ConfigDefinition.Stored("metrics.recording.level", ConfigType.String, "INFO",
            "Level down to which Kafka records metrics."),
        ConfigDefinition.Stored("kafka.metrics.reporters", ConfigType.List, "",
            "Kafka's plug-ins for its older metrics.", ConfigRule.DistinctList),
        ConfigDefinition.Stored("kafka.metrics.polling.interval.secs", ConfigType.Int, "10",
            "How often those plug-ins are asked.", ConfigRule.AtLeast(1)),
        new("telemetry.max.bytes", ConfigType.Int, "1048576", "Bytes of the metrics that a client may push at once (KIP-714).")
        {
            Rule = ConfigRule.AtLeast(1),
        },
        ConfigDefinition.Stored("quota.window.num", ConfigType.Int, "11",
            "Windows in which client quotas are measured.", ConfigRule.AtLeast(1)),
        ConfigDefinition.Stored("replication.quota.window.num", ConfigType.Int, "11",
            "Windows in which replication quotas are measured.", ConfigRule.AtLeast(1)),
        ConfigDefinition.Stored("alter.log.dirs.replication.quota.window.num", ConfigType.Int, "11",
            "Windows in which moves between folders are measured.", ConfigRule.AtLeast(1)),
        ConfigDefinition.Stored("controller.quota.window.num", ConfigType.Int, "11",
            "Windows in which changes of topics are measured.", ConfigRule.AtLeast(1)),
        ConfigDefinition.Stored("quota.window.size.seconds", ConfigType.Int, "1",
            "Length of a window of client quotas.", ConfigRule.AtLeast(1)),
        ConfigDefinition.Stored("replication.quota.window.size.seconds", ConfigType.Int, "1",
            "Length of a window of replication quotas.", ConfigRule.AtLeast(1)),
        ConfigDefinition.Stored("alter.log.dirs.replication.quota.window.size.seconds", ConfigType.Int, "1",
            "Length of a window of moves between folders.", ConfigRule.AtLeast(1)),
        ConfigDefinition.Stored("controller.quota.window.size.seconds", ConfigType.Int, "1",
            "Length of a window of changes of topics.", ConfigRule.AtLeast(1)),
        ConfigDefinition.Stored("client.quota.callback.class", ConfigType.Class, null,
            "Kafka's plug-in that decides quotas."),
    ];
}
