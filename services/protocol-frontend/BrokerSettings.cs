using System.Collections.Frozen;
using System.Globalization;
using Spillway.Kafka.Configs;

namespace Spillway.ProtocolFrontend;

/// <summary>
/// Broker configs under Kafka's own keys: <c>Spillway:Broker:num.partitions</c>, over that what was set while the cluster runs for all brokers,
/// over that what was set for this one. Thread-safe.
/// </summary>
internal sealed class BrokerSettings(BrokerSettingsOptions options)
{
    private readonly Lock _lock = new(); // guards the inputs below, so that the last change of either is in _parsed
    private readonly BrokerConfig _atStart = Create(options.Broker);
    private FrozenDictionary<string, string> _ofAll = FrozenDictionary<string, string>.Empty;
    private FrozenDictionary<string, IReadOnlyDictionary<string, string>> _ofBrokers =
        FrozenDictionary<string, IReadOnlyDictionary<string, string>>.Empty;
    private int _nodeId = -1;
    private volatile Parsed _parsed = new(Create(options.Broker));

    /// <summary>A new instance for every change.</summary>
    public BrokerConfig Current => _parsed.Config;

    /// <summary>auto.create.topics.enable.</summary>
    public bool AutoCreateTopics => _parsed.AutoCreateTopics;

    /// <summary>socket.request.max.bytes.</summary>
    public int RequestBytesMax => _parsed.RequestBytesMax;

    /// <summary>fetch.max.bytes.</summary>
    public int FetchBytesMax => _parsed.FetchBytesMax;

    /// <summary>max.incremental.fetch.session.cache.slots.</summary>
    public int FetchSessionsMax => _parsed.FetchSessionsMax;

    /// <summary>request.timeout.ms: how long a request may wait for metadata or a writer.</summary>
    public TimeSpan RequestTimeout => _parsed.RequestTimeout;

    /// <summary>connections.max.idle.ms; not positive: connections may be silent for ever.</summary>
    public TimeSpan ConnectionsMaxIdle => _parsed.ConnectionsMaxIdle;

    /// <summary>What is set dynamically for all brokers, and for single ones by their node id.</summary>
    public void SetDynamic(
        IReadOnlyDictionary<string, string> ofAll, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> ofBrokers)
    {
        lock (_lock)
        {
            _ofAll = ofAll.ToFrozenDictionary(StringComparer.Ordinal);
            _ofBrokers = ofBrokers.ToFrozenDictionary(StringComparer.Ordinal);
            Merge();
        }
    }

    /// <summary>This frontend's node id, by which configs are set for it alone.</summary>
    public void SetNode(int nodeId)
    {
        lock (_lock)
        {
            _nodeId = nodeId;
            Merge();
        }
    }

    private void Merge() => _parsed = new Parsed(
        _atStart.WithDynamic(_ofAll, _ofBrokers.GetValueOrDefault(_nodeId.ToString(CultureInfo.InvariantCulture))));

    private static BrokerConfig Create(IEnumerable<KeyValuePair<string, string>> settings) =>
        BrokerConfig.TryCreate(settings, out var config, out var errors)
            ? config
            : throw new ArgumentException(string.Join("; ", errors), nameof(settings));

    /// <summary>What requests ask for, as values: read once a change, not once a request.</summary>
    private sealed class Parsed(BrokerConfig config)
    {
        public BrokerConfig Config { get; } = config;

        public bool AutoCreateTopics { get; } = config.AutoCreateTopicsEnable;

        public int RequestBytesMax { get; } = config.Int("socket.request.max.bytes");

        public int FetchBytesMax { get; } = config.Int("fetch.max.bytes");

        public int FetchSessionsMax { get; } = config.Int("max.incremental.fetch.session.cache.slots");

        public TimeSpan RequestTimeout { get; } = config.Milliseconds("request.timeout.ms");

        public TimeSpan ConnectionsMaxIdle { get; } = config.Milliseconds("connections.max.idle.ms");
    }
}
