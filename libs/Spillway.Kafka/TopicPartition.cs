namespace Spillway.Kafka;

/// <summary>A partition by its topic's name, as clients that do not speak topic ids name it.</summary>
public readonly record struct TopicPartition(string Topic, int Partition)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Topic}-{Partition}";
}
