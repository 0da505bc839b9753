using Spillway.Kafka.Messages;

namespace Spillway.Conformance.Tests.Cases;

/// <summary>Produce requests of one partition; they fit every version, since each writes the name or the id.</summary>
internal static class ProduceRequests
{
    public static ProduceRequest To(
        TestTopic topic, byte[] records, int partition = 0, short acks = -1, string? transactionalId = null) => new()
        {
            TransactionalId = transactionalId,
            Acks = acks,
            TimeoutMs = 30_000,
            TopicData =
            {
                new()
                {
                    Name = topic.Name,
                    TopicId = topic.Id,
                    PartitionData = { new() { Index = partition, Records = new(records) } },
                },
            },
        };
}
