using Spillway.History.Events;
using Spillway.Kafka;

namespace Spillway.Chaos.Workload;

/// <summary>A batch of a transaction.</summary>
internal sealed class PlannedSend(TopicPartition partition, long value, int count)
{
    public TopicPartition Partition { get; } = partition;

    public long Value { get; } = value;

    public int Count { get; } = count;

    /// <summary>−1 until it is acknowledged with one.</summary>
    public long BaseOffset { get; set; } = -1;

    public Step ToStep() => Step.Send(Partition.ToString(), new RecordRun(BaseOffset, Value, Count));
}
