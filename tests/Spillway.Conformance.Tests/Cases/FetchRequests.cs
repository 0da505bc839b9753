using System.Buffers;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Records;

namespace Spillway.Conformance.Tests.Cases;

/// <summary>Fetch requests of one partition, and what came back.</summary>
internal static class FetchRequests
{
    /// <summary>A fetch that does not wait.</summary>
    public static FetchRequest From(TestTopic topic, long offset, int partition = 0) => new()
    {
        ReplicaId = -1,
        MaxWaitMs = 0,
        MinBytes = 0,
        MaxBytes = 50 << 20,
        Topics =
        {
            new()
            {
                Topic = topic.Name,
                TopicId = topic.Id,
                Partitions = { new() { Partition = partition, FetchOffset = offset, PartitionMaxBytes = 10 << 20 } },
            },
        },
    };

    /// <summary>The headers of the batches.</summary>
    public static IReadOnlyList<RecordBatchHeader> Headers(FetchResponse.PartitionData partition)
    {
        var headers = new List<RecordBatchHeader>();
        foreach (var header in new RecordBatchEnumerator((partition.Records ?? ReadOnlySequence<byte>.Empty).ToArray()))
        {
            headers.Add(header);
        }

        return headers;
    }

    public static int CountRecords(FetchResponse.PartitionData partition) => Headers(partition).Sum(static header => header.RecordCount);
}
