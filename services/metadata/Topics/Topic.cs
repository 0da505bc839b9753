using Spillway.Metadata.Partitions;

namespace Spillway.Metadata.Topics;

/// <summary>A topic, by its UUID: a topic created again under the name is another one.</summary>
internal sealed class Topic(Guid id, string name, int replicationFactor)
{
    public Guid Id { get; } = id;

    public string Name { get; } = name;

    /// <summary>What the creator asked for. Clients are shown it; durability is the WAL volume's and the object store's.</summary>
    public int ReplicationFactor { get; } = replicationFactor;

    /// <summary>Only what was set on the topic.</summary>
    public SortedDictionary<string, string> Configs { get; } = new(StringComparer.Ordinal);

    /// <summary>By partition number.</summary>
    public List<PartitionLog> Partitions { get; } = [];

    /// <summary>Gone for everybody; its index is removed bit by bit.</summary>
    public bool Deleted { get; set; }
}
