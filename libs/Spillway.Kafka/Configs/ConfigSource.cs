namespace Spillway.Kafka.Configs;

/// <summary>Where a config's value comes from, numbered as DescribeConfigs answers it.</summary>
public enum ConfigSource
{
    /// <summary>Set on the topic.</summary>
    DynamicTopic = 1,

    /// <summary>Set for one broker while it runs.</summary>
    DynamicBroker = 2,

    /// <summary>Set for all brokers while they run.</summary>
    DynamicDefaultBroker = 3,

    /// <summary>Set when the broker was started.</summary>
    StaticBroker = 4,

    /// <summary>Not set: Kafka's default.</summary>
    Default = 5,

    /// <summary>A level of a broker's logs, set while it runs (KIP-412).</summary>
    DynamicBrokerLogger = 6,

    /// <summary>Set on a subscription of client metrics (KIP-714).</summary>
    ClientMetrics = 7,

    /// <summary>Set on a group (KIP-848).</summary>
    Group = 8,
}
