using System.Collections.Concurrent;
using Spillway.Kafka;

namespace Spillway.Chaos.Workload;

/// <summary>How far each partition is known to reach and how far somebody has read it: where there is something unread consumers go first. Thread-safe.</summary>
internal sealed class KeyProgress(IReadOnlyList<TopicPartition> partitions)
{
    private readonly ConcurrentDictionary<TopicPartition, long> _acked = new();
    private readonly ConcurrentDictionary<TopicPartition, long> _polled = new();
    private long _ackedRecords;

    public IReadOnlyList<TopicPartition> Partitions { get; } = partitions;

    /// <summary>Records acknowledged so far.</summary>
    public long AckedRecords => Interlocked.Read(ref _ackedRecords);

    /// <summary>Partitions whose highest acknowledged offset nobody has read.</summary>
    public IEnumerable<TopicPartition> Unseen =>
        Partitions.Where(partition => _acked.GetValueOrDefault(partition, -1) > _polled.GetValueOrDefault(partition, -1));

    public void Acknowledge(TopicPartition partition, long lastOffset, int count)
    {
        Interlocked.Add(ref _ackedRecords, count);
        _acked.AddOrUpdate(partition, lastOffset, (_, known) => Math.Max(known, lastOffset));
    }

    public void Poll(TopicPartition partition, long lastOffset) =>
        _polled.AddOrUpdate(partition, lastOffset, (_, known) => Math.Max(known, lastOffset));
}
