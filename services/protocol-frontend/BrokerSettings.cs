using Spillway.Kafka.Configs;

namespace Spillway.ProtocolFrontend;

/// <summary>
/// Broker configs under Kafka's own keys (<c>Spillway:Broker:num.partitions</c>), under what was set dynamically for the whole cluster.
/// </summary>
internal sealed class BrokerSettings(BrokerSettingsOptions options)
{
    private volatile BrokerConfig _current = Merge(options.Broker, []);

    /// <summary>A new instance for every change.</summary>
    public BrokerConfig Current => _current;

    /// <summary>auto.create.topics.enable.</summary>
    public bool AutoCreateTopics => _current.AutoCreateTopicsEnable;

    public void SetDynamic(IEnumerable<KeyValuePair<string, string>> configs) => _current = Merge(options.Broker, configs);

    // Metadata has validated what is dynamic; a key that only a newer version knows must not stop this one.
    private static BrokerConfig Merge(
        IEnumerable<KeyValuePair<string, string>> fixedConfigs, IEnumerable<KeyValuePair<string, string>> dynamicConfigs)
    {
        var known = dynamicConfigs.Where(static config => BrokerConfigs.TryValidate(config.Key, config.Value, out _));
        return BrokerConfig.TryCreate(fixedConfigs.Concat(known), out var merged, out var errors)
            ? merged
            : throw new ArgumentException(string.Join("; ", errors), nameof(fixedConfigs));
    }
}
