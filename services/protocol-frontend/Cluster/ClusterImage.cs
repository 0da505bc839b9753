using System.Collections.Immutable;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Cluster;

/// <summary>Topics, configs and nodes at one version of the metadata. Immutable; swapped whole.</summary>
internal sealed record ClusterImage(
    long Version,
    Guid ClusterId,
    ImmutableDictionary<string, TopicView> TopicsByName,
    ImmutableDictionary<Guid, TopicView> TopicsById,
    ImmutableArray<NodeImage> Nodes,
    ImmutableDictionary<(ConfigResourceKind Kind, string Name), IReadOnlyDictionary<string, string>> Configs)
{
    public static ClusterImage Empty { get; } = new(
        -1,
        Guid.Empty,
        ImmutableDictionary.Create<string, TopicView>(StringComparer.Ordinal),
        ImmutableDictionary<Guid, TopicView>.Empty,
        [],
        ImmutableDictionary<(ConfigResourceKind Kind, string Name), IReadOnlyDictionary<string, string>>.Empty);

    public TopicView? FindTopic(string name) => TopicsByName.GetValueOrDefault(name);

    /// <summary>Whether it has the topic and all these partitions of it.</summary>
    public bool Knows(string topic, IEnumerable<int> partitions) =>
        FindTopic(topic) is { } known && partitions.All(partition => known.TryGetLog(partition, out _));

    /// <summary>What is set on a broker, group or client metrics subscription; empty where nothing is.</summary>
    public IReadOnlyDictionary<string, string> ConfigsOf(ConfigResourceKind kind, string name) =>
        Configs.GetValueOrDefault((kind, name), ImmutableDictionary<string, string>.Empty);

    /// <summary>Brokers, groups or client metrics subscriptions that something is set on.</summary>
    public IEnumerable<string> Configured(ConfigResourceKind kind) =>
        Configs.Keys.Where(resource => resource.Kind == kind).Select(static resource => resource.Name).Order(StringComparer.Ordinal);

    public TopicView? FindTopic(Guid topicId) => TopicsById.GetValueOrDefault(topicId);
}
