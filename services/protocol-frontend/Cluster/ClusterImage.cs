using System.Collections.Immutable;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Cluster;

/// <summary>Topics, configs and nodes at one version of the metadata. Immutable; swapped whole.</summary>
internal sealed record ClusterImage(
    long Version,
    Guid ClusterId,
    ImmutableDictionary<string, TopicView> TopicsByName,
    ImmutableDictionary<Guid, TopicView> TopicsById,
    ImmutableArray<NodeImage> Nodes)
{
    public static ClusterImage Empty { get; } = new(
        -1,
        Guid.Empty,
        ImmutableDictionary.Create<string, TopicView>(StringComparer.Ordinal),
        ImmutableDictionary<Guid, TopicView>.Empty,
        []);

    public TopicView? FindTopic(string name) => TopicsByName.GetValueOrDefault(name);

    public TopicView? FindTopic(Guid topicId) => TopicsById.GetValueOrDefault(topicId);
}
