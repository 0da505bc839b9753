using Spillway.Kafka;

namespace Spillway.Chaos.Clients;

/// <summary>A batch on its way to a partition: the same bytes and the same sequence however often it is sent.</summary>
internal sealed class ProducedBatch(TopicPartition partition, long firstValue, int count)
{
    private readonly TaskCompletionSource<BatchResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TopicPartition Partition { get; } = partition;

    public long FirstValue { get; } = firstValue;

    public int Count { get; } = count;

    public Task<BatchResult> Result => _result.Task;

    /// <summary>Set when it is sent for the first time; with that the broker may have it.</summary>
    public byte[]? Bytes { get; set; }

    /// <summary>Where it is in flight to.</summary>
    public BrokerAddress? InFlightTo { get; set; }

    public void Resolve(BatchResult result) => _result.TrySetResult(result);
}
