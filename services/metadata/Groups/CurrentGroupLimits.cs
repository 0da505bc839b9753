using System.Collections.Concurrent;
using Spillway.Kafka.Configs;
using Spillway.Metadata.Log;
using Spillway.Metadata.Topics;

namespace Spillway.Metadata.Groups;

/// <summary>What configs say about groups now. Read once a version of the image, not once a heartbeat. Thread-safe.</summary>
internal sealed class CurrentGroupLimits(MetadataNode node, BrokerSettings settings)
{
    private volatile Known? _known;

    public GroupLimits Of(string groupId)
    {
        var known = _known;
        var version = node.Read(static state => state.ImageVersion);
        if (known is null || known.ImageVersion != version)
        {
            _known = known = node.Read(state =>
            {
                var broker = settings.With(state.Configs.DynamicBrokerConfigs);
                return new Known(state.ImageVersion, broker, GroupLimits.Read(broker));
            });
        }

        return known.OfGroups.TryGetValue(groupId, out var limits) ? limits : ReadOf(groupId, known);
    }

    private GroupLimits ReadOf(string groupId, Known known)
    {
        // Copied, because it is the state's own.
        var overrides = node.Read(state => state.Configs.OfGroup(groupId) is { Count: > 0 } set
            ? new Dictionary<string, string>(set, StringComparer.Ordinal)
            : null);
        return known.OfGroups.GetOrAdd(groupId, overrides is null
            ? known.Limits
            : known.Limits with { Consumer = known.Limits.Consumer.With(overrides, known.Broker) });
    }

    private sealed record Known(long ImageVersion, BrokerConfig Broker, GroupLimits Limits)
    {
        public ConcurrentDictionary<string, GroupLimits> OfGroups { get; } = new(StringComparer.Ordinal);
    }
}
