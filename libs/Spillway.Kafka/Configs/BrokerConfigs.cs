using System.Diagnostics.CodeAnalysis;

namespace Spillway.Kafka.Configs;

/// <summary>The broker configs of Kafka that mean something here, under Kafka's own keys: for --set and DescribeConfigs.</summary>
public static class BrokerConfigs
{
    private static readonly ConfigTable Table = new(
        "broker",
        "num.partitions=4",
        BrokerTopicConfigs.All,
        BrokerLogConfigs.All,
        BrokerGroupConfigs.All,
        BrokerTransactionConfigs.All,
        BrokerNetworkConfigs.All);

    /// <summary>All of them, by name.</summary>
    public static IReadOnlyList<ConfigDefinition> All => Table.All;

    /// <summary>The definition of a config; null where we have none of that name.</summary>
    public static ConfigDefinition? Find(string name) => Table.Find(name);

    /// <summary>Checks one config.</summary>
    public static bool TryValidate(string name, string? value, [NotNullWhen(false)] out string? error) =>
        Table.TryValidate(name, value, out error);

    internal static ConfigDefinition Get(string name) => Table.Get(name);
}
