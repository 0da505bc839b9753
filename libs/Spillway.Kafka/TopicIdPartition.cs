namespace Spillway.Kafka;

/// <summary>A partition by its topic's id (KIP-516): the identity that survives re-creation of a name.</summary>
public readonly record struct TopicIdPartition(Guid TopicId, int Partition)
{
    /// <inheritdoc/>
    public override string ToString() => $"{TopicId}-{Partition}";
}
