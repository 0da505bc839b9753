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
    private readonly Lock _lock = new(); // guards the inputs below, so that the last change of either is in _current
    private readonly BrokerConfig _atStart = Create(options.Broker);
    private FrozenDictionary<string, string> _ofAll = FrozenDictionary<string, string>.Empty;
    private FrozenDictionary<string, IReadOnlyDictionary<string, string>> _ofBrokers =
        FrozenDictionary<string, IReadOnlyDictionary<string, string>>.Empty;
    private int _nodeId = -1;
    private volatile BrokerConfig _current = Create(options.Broker);

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

    private void Merge() =>
        _current = _atStart.WithDynamic(_ofAll, _ofBrokers.GetValueOrDefault(_nodeId.ToString(CultureInfo.InvariantCulture)));

    private static BrokerConfig Create(IEnumerable<KeyValuePair<string, string>> settings) =>
        BrokerConfig.TryCreate(settings, out var config, out var errors)
            ? config
            : throw new ArgumentException(string.Join("; ", errors), nameof(settings));
}
