using System.Diagnostics.CodeAnalysis;

namespace Spillway.Kafka.Configs;

/// <summary>Every topic config that a Kafka 4.2 broker knows, and the checks of CreateTopics and IncrementalAlterConfigs.</summary>
public static class TopicConfigs
{
    private static readonly ConfigTable Table = new(
        "topic", "retention.ms=86400000", TopicRetentionConfigs.All, TopicMessageConfigs.All, TopicSegmentConfigs.All);

    /// <summary>All of them, by name.</summary>
    public static IReadOnlyList<ConfigDefinition> All => Table.All;

    /// <summary>The definition of a config; null where Kafka has none of that name.</summary>
    public static ConfigDefinition? Find(string name) => Table.Find(name);

    /// <summary>Checks one config; what is wrong answers INVALID_CONFIG.</summary>
    public static bool TryValidate(string name, string? value, [NotNullWhen(false)] out string? error) =>
        Table.TryValidate(name, value, out error);

    /// <summary>Checks all configs of a topic, those that depend on each other included.</summary>
    public static bool TryValidate(
        IReadOnlyDictionary<string, string> overrides, BrokerConfig broker, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(overrides);
        foreach (var (name, value) in overrides)
        {
            if (!TryValidate(name, value, out error))
            {
                return false;
            }
        }

        var topic = new TopicConfig(overrides, broker);
        error = topic.MinCompactionLagMs > topic.MaxCompactionLagMs
            ? $"min.compaction.lag.ms ({topic.MinCompactionLagMs}) must not exceed "
                + $"max.compaction.lag.ms ({topic.MaxCompactionLagMs})."
            : topic.RemoteStorageEnable ? FindRemoteStorageFault(topic, broker)
            : null;
        return error is null;
    }

    // What Kafka refuses of tiered topics (KIP-405), so that a topic which a Kafka would not take is not taken here either.
    private static string? FindRemoteStorageFault(TopicConfig topic, BrokerConfig broker) =>
        !broker.Bool("remote.log.storage.system.enable")
            ? "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage."
        : topic.IsCompacted
            ? "Remote log storage only supports topics with cleanup.policy=delete or cleanup.policy being an empty list."
        : FindLocalRetentionFault("retention.bytes", topic.RetentionBytes, topic.LocalRetentionBytes)
            ?? FindLocalRetentionFault("retention.ms", topic.RetentionMs, topic.LocalRetentionMs);

    private static string? FindLocalRetentionFault(string name, long whole, long local) =>
        whole < 0 || local == -2 ? null
        : local == -1 || local > whole
            ? $"Invalid value {local} for configuration local.{name}: Value must not be -1 or more than {name}, which is {whole}."
        : null;

    internal static ConfigDefinition Get(string name) => Table.Get(name);
}
