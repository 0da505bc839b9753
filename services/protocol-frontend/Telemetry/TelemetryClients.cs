using System.Globalization;
using System.Text;
using Spillway.Kafka.Configs;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Records;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Telemetry;

/// <summary>
/// The client instances that this frontend has heard of (KIP-714) and what each is to push, by the CLIENT_METRICS configs of the image.
/// A client that comes to another frontend is new there and loses nothing: its subscription id follows from what it is to push. Thread-safe.
/// </summary>
internal sealed class TelemetryClients(ClusterView cluster, BrokerSettings settings, TimeProvider time)
{
    /// <summary>Kafka's bound too; past it the one not heard of for longest is forgotten.</summary>
    private const int ClientsMax = 16_384;

    private static readonly int DefaultIntervalMs =
        int.Parse(ClientMetricsConfigs.Find("interval.ms")!.Default!, CultureInfo.InvariantCulture);

    private readonly Lock _lock = new(); // guards all below
    private readonly Dictionary<Guid, LinkedListNode<(Guid Id, TelemetryClient Client)>> _clients = [];
    private readonly LinkedList<(Guid Id, TelemetryClient Client)> _byUse = [];
    private List<TelemetrySubscription> _subscriptions = [];
    private IReadOnlyList<IReadOnlyDictionary<string, string>> _subscribed = [];

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _clients.Count;
            }
        }
    }

    /// <summary>telemetry.max.bytes.</summary>
    public int MetricsBytesMax => settings.Current.Int("telemetry.max.bytes");

    public (ErrorCode Error, TelemetryClient Client) Ask(TelemetryClientTraits traits)
    {
        lock (_lock)
        {
            var client = Find(traits);
            return (client.Ask(NowMs), client);
        }
    }

    public ErrorCode Push(TelemetryClientTraits traits, int subscriptionId, sbyte compressionType, long metricsBytes, bool terminating)
    {
        lock (_lock)
        {
            return Find(traits).Push(NowMs, subscriptionId, compressionType, metricsBytes, MetricsBytesMax, terminating);
        }
    }

    private long NowMs => (long)(time.GetTimestamp() / (time.TimestampFrequency / 1000.0));

    private TelemetryClient Find(TelemetryClientTraits traits)
    {
        Refresh();
        if (_clients.TryGetValue(traits.InstanceId, out var known))
        {
            _byUse.Remove(known);
            _byUse.AddFirst(known);
            return known.Value.Client;
        }

        var client = Subscribe(traits);
        _clients[traits.InstanceId] = _byUse.AddFirst((traits.InstanceId, client));
        if (_clients.Count > ClientsMax)
        {
            _clients.Remove(_byUse.Last!.Value.Id);
            _byUse.RemoveLast();
        }

        return client;
    }

    // When subscriptions change every client is looked at anew, so that it is told at its next push.
    private void Refresh()
    {
        var image = cluster.Image;
        var configs = image.Configured(ConfigResourceKind.ClientMetrics)
            .Select(name => image.ConfigsOf(ConfigResourceKind.ClientMetrics, name)).ToList();
        if (!configs.SequenceEqual(_subscribed, ReferenceEqualityComparer.Instance))
        {
            _subscribed = configs;
            _subscriptions = configs.ConvertAll(static config => new TelemetrySubscription(config));
            _clients.Clear();
            _byUse.Clear();
        }
    }

    private TelemetryClient Subscribe(TelemetryClientTraits traits)
    {
        var metrics = new SortedSet<string>(StringComparer.Ordinal);
        var intervalMs = DefaultIntervalMs;
        foreach (var subscription in _subscriptions.Where(subscription => subscription.Matches(traits)))
        {
            metrics.UnionWith(subscription.Metrics);
            intervalMs = Math.Min(intervalMs, subscription.PushIntervalMs);
        }

        List<string> asked = metrics.Contains("*") ? ["*"] : [.. metrics];
        var text = string.Create(CultureInfo.InvariantCulture, $"{string.Join(',', asked)}{intervalMs}");
        var id = (int)Crc32C.Compute(Encoding.UTF8.GetBytes(text)) ^ BitConverter.ToInt32(traits.InstanceId.ToByteArray());
        return new TelemetryClient(id, asked, intervalMs);
    }
}
