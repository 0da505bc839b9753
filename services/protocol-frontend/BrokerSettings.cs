using System.Collections.Frozen;
using Spillway.Kafka.Configs;

namespace Spillway.ProtocolFrontend;

/// <summary>
/// Broker configs under Kafka's own keys (<c>Spillway:Broker:num.partitions</c>), under what was set dynamically for the whole cluster.
/// </summary>
internal sealed class BrokerSettings(BrokerSettingsOptions options)
{
    private volatile BrokerConfig _current = Merge(options.Broker, []);
    private volatile FrozenSet<string> _dynamic = [];

    /// <summary>A new instance for every change.</summary>
    public BrokerConfig Current => _current;

    /// <summary>auto.create.topics.enable.</summary>
    public bool AutoCreateTopics => _current.AutoCreateTopicsEnable;

    /// <summary>socket.request.max.bytes.</summary>
    public int RequestBytesMax => _current.Int("socket.request.max.bytes");

    /// <summary>fetch.max.bytes.</summary>
    public int FetchBytesMax => _current.Int("fetch.max.bytes");

    /// <summary>max.incremental.fetch.session.cache.slots.</summary>
    public int FetchSessionsMax => _current.Int("max.incremental.fetch.session.cache.slots");

    /// <summary>request.timeout.ms: how long a request may wait for metadata or a writer.</summary>
    public TimeSpan RequestTimeout => _current.Milliseconds("request.timeout.ms");

    /// <summary>connections.max.idle.ms; not positive: connections may be silent for ever.</summary>
    public TimeSpan ConnectionsMaxIdle => _current.Milliseconds("connections.max.idle.ms");

    /// <summary>Whether the value was set for the whole cluster while it ran.</summary>
    public bool IsDynamic(string name) => _dynamic.Contains(name);

    public void SetDynamic(IReadOnlyDictionary<string, string> configs)
    {
        _dynamic = configs.Keys.ToFrozenSet(StringComparer.Ordinal);
        _current = Merge(options.Broker, configs);
    }

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
