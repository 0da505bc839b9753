using System.Diagnostics.CodeAnalysis;

namespace Spillway.Kafka.Configs;

/// <summary>Every broker config that a Kafka 4.2 broker knows, for --set, DescribeConfigs and dynamic changes.</summary>
public static class BrokerConfigs
{
    private static readonly ConfigTable Table = new(
        "broker",
        "num.partitions=4",
        BrokerTopicConfigs.All,
        BrokerLogConfigs.All,
        BrokerGroupConfigs.All,
        BrokerShareConfigs.All,
        BrokerTransactionConfigs.All,
        BrokerNetworkConfigs.All,
        BrokerServerConfigs.All,
        BrokerControllerConfigs.All,
        BrokerReplicationConfigs.All,
        BrokerRemoteStorageConfigs.All,
        BrokerMetricsConfigs.All,
        BrokerSslConfigs.All,
        BrokerSaslConfigs.All);

    /// <summary>All of them, by name.</summary>
    public static IReadOnlyList<ConfigDefinition> All => Table.All;

    /// <summary>The definition of a config; null where we have none of that name.</summary>
    public static ConfigDefinition? Find(string name) => Table.Find(name);

    /// <summary>Checks one config.</summary>
    public static bool TryValidate(string name, string? value, [NotNullWhen(false)] out string? error) =>
        Table.TryValidate(name, value, out error);

    internal static ConfigDefinition Get(string name) => Table.Get(name);
}
