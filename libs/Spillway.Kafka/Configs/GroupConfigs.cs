using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Spillway.Kafka.Configs;

/// <summary>The configs that a group may have of its own (KIP-848, KIP-932, KIP-1071), under the names of Kafka 4.2.</summary>
public static class GroupConfigs
{
    private static readonly ConfigTable Table = new("group", "consumer.session.timeout.ms=45000",
    [
        Of("consumer.session.timeout.ms", "group.consumer.session.timeout.ms", "45000", 1,
            "How long a member of the consumer protocol may be silent."),
        Of("consumer.heartbeat.interval.ms", "group.consumer.heartbeat.interval.ms", "5000", 1,
            "How often such a member is asked to be heard of."),
        Of("share.session.timeout.ms", "group.share.session.timeout.ms", "45000", 1, "The same of a share group."),
        Of("share.heartbeat.interval.ms", "group.share.heartbeat.interval.ms", "5000", 1, "The same of a share group."),
        Of("share.record.lock.duration.ms", "group.share.record.lock.duration.ms", "30000", 1000,
            "How long a record stays with a member of a share group."),
        ConfigDefinition.Stored("share.auto.offset.reset", ConfigType.String, "latest",
            "Where a share group begins: latest, earliest, or by_duration: and an ISO 8601 duration back.",
            ConfigRule.ShareOffsetReset),
        ConfigDefinition.Stored("share.isolation.level", ConfigType.String, "read_uncommitted",
            "Whether a share group sees records of open and aborted transactions.",
            ConfigRule.OneOf("read_committed", "read_uncommitted")),
        Of("streams.session.timeout.ms", "group.streams.session.timeout.ms", "45000", 1, "The same of a streams group."),
        Of("streams.heartbeat.interval.ms", "group.streams.heartbeat.interval.ms", "5000", 1, "The same of a streams group."),
        Of("streams.num.standby.replicas", "group.streams.num.standby.replicas", "0", 0,
            "Standby tasks for each task of a streams group."),
        Of("streams.initial.rebalance.delay.ms", "group.streams.initial.rebalance.delay.ms", "3000", 0,
            "How long the first member of an empty streams group waits for others."),
    ]);

    // What a group sets has to lie within these broker configs.
    private static readonly (string Name, string? Min, string? Max)[] Bounds =
    [
        ("consumer.session.timeout.ms", "group.consumer.min.session.timeout.ms", "group.consumer.max.session.timeout.ms"),
        ("consumer.heartbeat.interval.ms", "group.consumer.min.heartbeat.interval.ms", "group.consumer.max.heartbeat.interval.ms"),
        ("share.session.timeout.ms", "group.share.min.session.timeout.ms", "group.share.max.session.timeout.ms"),
        ("share.heartbeat.interval.ms", "group.share.min.heartbeat.interval.ms", "group.share.max.heartbeat.interval.ms"),
        ("share.record.lock.duration.ms", "group.share.min.record.lock.duration.ms", "group.share.max.record.lock.duration.ms"),
        ("streams.session.timeout.ms", "group.streams.min.session.timeout.ms", "group.streams.max.session.timeout.ms"),
        ("streams.heartbeat.interval.ms", "group.streams.min.heartbeat.interval.ms", "group.streams.max.heartbeat.interval.ms"),
        ("streams.num.standby.replicas", null, "group.streams.max.standby.replicas"),
    ];

    /// <summary>All of them, by name.</summary>
    public static IReadOnlyList<ConfigDefinition> All => Table.All;

    /// <summary>The definition of a config; null where Kafka has none of that name.</summary>
    public static ConfigDefinition? Find(string name) => Table.Find(name);

    /// <summary>The value of a config as text: what the group set, else the brokers' default.</summary>
    public static string Value(string name, IReadOnlyDictionary<string, string> overrides, BrokerConfig broker)
    {
        ArgumentNullException.ThrowIfNull(overrides);
        ArgumentNullException.ThrowIfNull(broker);
        var config = Table.Get(name);
        return overrides.TryGetValue(name, out var value) ? value.Trim()
            : config.BrokerSynonym is { } synonym ? broker.Value(synonym)!
            : config.Default!;
    }

    /// <summary>Checks all configs of a group, against each other and against the brokers' bounds.</summary>
    public static bool TryValidate(
        IReadOnlyDictionary<string, string> overrides, BrokerConfig broker, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(overrides);
        ArgumentNullException.ThrowIfNull(broker);
        foreach (var (name, value) in overrides)
        {
            if (Find(name) is null)
            {
                error = $"Unknown group config name: {name}";
                return false;
            }

            if (!Table.TryValidate(name, value, out error))
            {
                return false;
            }
        }

        error = Bounds.Select(bound => FindFault(bound, overrides, broker)).FirstOrDefault(fault => fault is not null)
            ?? FindHeartbeatFault("consumer", overrides, broker)
            ?? FindHeartbeatFault("share", overrides, broker)
            ?? FindHeartbeatFault("streams", overrides, broker);
        return error is null;
    }

    private static string? FindFault(
        (string Name, string? Min, string? Max) bound, IReadOnlyDictionary<string, string> overrides, BrokerConfig broker)
    {
        if (!overrides.ContainsKey(bound.Name))
        {
            return null;
        }

        var value = ConfigValue.ToLong(Value(bound.Name, overrides, broker));
        return bound.Min is not null && value < broker.Long(bound.Min)
                ? string.Create(CultureInfo.InvariantCulture, $"{bound.Name} must be greater than or equal to {bound.Min}.")
            : bound.Max is not null && value > broker.Long(bound.Max)
                ? string.Create(CultureInfo.InvariantCulture, $"{bound.Name} must be less than or equal to {bound.Max}.")
            : null;
    }

    private static string? FindHeartbeatFault(string kind, IReadOnlyDictionary<string, string> overrides, BrokerConfig broker)
    {
        var (session, heartbeat) = ($"{kind}.session.timeout.ms", $"{kind}.heartbeat.interval.ms");
        return (overrides.ContainsKey(session) || overrides.ContainsKey(heartbeat))
            && ConfigValue.ToLong(Value(session, overrides, broker)) <= ConfigValue.ToLong(Value(heartbeat, overrides, broker))
                ? $"{session} must be greater than {heartbeat}."
                : null;
    }

    private static ConfigDefinition Of(string name, string broker, string value, long min, string documentation) =>
        new(name, ConfigType.Int, value, documentation)
        {
            Rule = ConfigRule.AtLeast(min),
            Acts = name.StartsWith("consumer.", StringComparison.Ordinal),
            BrokerSynonyms = [(broker, 1)],
        };
}
