using System.Collections;
using Google.Protobuf.Collections;
using Spillway.Kafka;
using Spillway.Metadata.Topics;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.ConsumerGroups;

/// <summary>Partitions by topic id, in order and without doubles. Immutable.</summary>
internal sealed class PartitionSet : IEnumerable<TopicIdPartition>, IEquatable<PartitionSet>
{
    private static readonly Comparer<TopicIdPartition> Order = Comparer<TopicIdPartition>.Create(static (a, b) =>
        a.TopicId.CompareTo(b.TopicId) is var order and not 0 ? order : a.Partition.CompareTo(b.Partition));

    private readonly TopicIdPartition[] _partitions;

    private PartitionSet(TopicIdPartition[] partitions) => _partitions = partitions;

    public static PartitionSet Empty { get; } = new([]);

    public int Count => _partitions.Length;

    public static PartitionSet Of(IEnumerable<TopicIdPartition> partitions)
    {
        TopicIdPartition[] sorted = [.. partitions.Distinct()];
        Array.Sort(sorted, Order);
        return sorted.Length == 0 ? Empty : new PartitionSet(sorted);
    }

    public static PartitionSet Read(IEnumerable<TopicPartitions> topics) =>
        Of(topics.SelectMany(t => t.Partitions.Select(p => new TopicIdPartition(TopicIds.Read(t.TopicId), p))));

    public void WriteTo(RepeatedField<TopicPartitions> topics)
    {
        TopicPartitions? topic = null;
        var topicId = Guid.Empty;
        foreach (var partition in _partitions)
        {
            if (topic is null || partition.TopicId != topicId)
            {
                topicId = partition.TopicId;
                topics.Add(topic = new TopicPartitions { TopicId = TopicIds.Write(topicId) });
            }

            topic.Partitions.Add(partition.Partition);
        }
    }

    public bool Contains(TopicIdPartition partition) => Array.BinarySearch(_partitions, partition, Order) >= 0;

    public bool Overlaps(PartitionSet other) => _partitions.Any(other.Contains);

    public bool IsSubsetOf(PartitionSet other) => _partitions.All(other.Contains);

    public PartitionSet Intersect(PartitionSet other) => Where(other.Contains);

    public PartitionSet Except(PartitionSet other) => Where(p => !other.Contains(p));

    public PartitionSet Union(PartitionSet other) =>
        other.Count == 0 ? this : Count == 0 ? other : Of(_partitions.Concat(other._partitions));

    public PartitionSet Where(Func<TopicIdPartition, bool> condition)
    {
        TopicIdPartition[] some = [.. _partitions.Where(condition)];
        return some.Length == _partitions.Length ? this : some.Length == 0 ? Empty : new PartitionSet(some);
    }

    public bool Equals(PartitionSet? other) =>
        ReferenceEquals(this, other) || (other is not null && _partitions.AsSpan().SequenceEqual(other._partitions));

    public override bool Equals(object? obj) => obj is PartitionSet other && Equals(other);

    public override int GetHashCode() => _partitions.Length == 0 ? 0 : HashCode.Combine(_partitions.Length, _partitions[0]);

    public override string ToString() => string.Join(", ", _partitions);

    public IEnumerator<TopicIdPartition> GetEnumerator() => _partitions.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
