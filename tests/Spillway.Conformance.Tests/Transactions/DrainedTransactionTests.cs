using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Conformance.Tests.Wire;
using Spillway.Kafka.Messages;
using Spillway.Testing;
using Xunit;

namespace Spillway.Conformance.Tests.Transactions;

/// <summary>
/// Transactions while their data moves to objects: segments are sealed and drained all the time, transactions open and end, and readers of
/// committed records read again and again from anywhere. They must be given exactly the committed records below the last stable
/// offset, in order and without a gap, before, while and after their data and its markers are drained.
/// </summary>
public sealed class DrainedTransactionTests(ITestOutputHelper output)
{
    private const int PartitionCount = 2;
    private const int StepCount = 400;

    [Theory]
    [InlineData(31)]
    [InlineData(32)]
    public async Task Readers_of_committed_records_are_given_what_was_committed_whatever_is_drained(int seed)
    {
        await using var broker = new BrokerFixture(
        [
            "--Spillway:WalWriter:RollInterval=00:00:00.100", "--Spillway:Metadata:DrainAge=00:00:00.050",
            "--Spillway:Metadata:JobRetry=00:00:00.050", "--Spillway:S3Compactor:PollInterval=00:00:00.050",
            "--Spillway:ProtocolFrontend:TailCacheBytesMax=0",
        ]);
        await broker.InitializeAsync();
        using var wire = await KafkaWire.OpenAsync(broker);
        var random = new Random(seed);
        var topic = await CreateTopicAsync(wire);
        var load = new TransactionLoad(wire, topic, PartitionCount, random);
        await load.StartAsync(producerCount: 5);
        for (var step = 0; step < StepCount; step++)
        {
            await load.StepAsync();
            if (step % 8 == 0)
            {
                await CheckAsync(wire, topic, load, random);
            }
        }

        await load.EndAllAsync();
        await CheckAsync(wire, topic, load, random);
        for (var partition = 0; partition < PartitionCount; partition++)
        {
            var end = await OffsetAsync(wire, topic, partition, -1);
            await Eventually.TrueAsync(
                () => OffsetAsync(wire, topic, partition, -5).GetAwaiter().GetResult() == end - 1,
                "everything is in objects",
                TestContext.Current.CancellationToken);
            output.WriteLine($"seed {seed}: partition {partition} ends at {end}");
        }

        for (var i = 0; i < 10; i++)
        {
            await CheckAsync(wire, topic, load, random);
        }
    }

    private static async Task CheckAsync(KafkaWire wire, TestTopic topic, TransactionLoad load, Random random)
    {
        for (var partition = 0; partition < PartitionCount; partition++)
        {
            var end = await OffsetAsync(wire, topic, partition, -1);
            var stable = load.FirstOpen(partition) ?? end;
            Assert.Equal(stable, await OffsetAsync(wire, topic, partition, -1, isolationLevel: 1));

            var from = random.NextInt64(stable + 1);
            var reader = new CommittedReader(wire, topic, partition);
            await Eventually.TrueAsync(
                () => reader.ReadAsync(stable, 1 << 20).GetAwaiter().GetResult().LastStableOffset == stable,
                "the frontend has heard of the last stable offset",
                TestContext.Current.CancellationToken);
            var (delivered, lastStableOffset) = await reader.ReadAsync(from, pageBytes: random.Next(100, 3000));

            Assert.Equal(stable, lastStableOffset);
            Assert.Equal(load.Committed(partition, from, stable), delivered);
        }
    }

    private static async Task<TestTopic> CreateTopicAsync(KafkaWire wire)
    {
        var name = CaseRun.NewName();
        var request = new CreateTopicsRequest
        {
            TimeoutMs = 30_000, Topics = { new() { Name = name, NumPartitions = PartitionCount, ReplicationFactor = 1 } },
        };
        return new TestTopic(name, (await wire.AskAsync<CreateTopicsResponse>(request, 7)).Topics[0].TopicId);
    }

    private static async Task<long> OffsetAsync(KafkaWire wire, TestTopic topic, int partition, long timestamp, sbyte isolationLevel = 0)
    {
        var request = new ListOffsetsRequest
        {
            ReplicaId = -1,
            IsolationLevel = isolationLevel,
            Topics = { new() { Name = topic.Name, Partitions = { new() { PartitionIndex = partition, Timestamp = timestamp } } } },
        };
        return (await wire.AskAsync<ListOffsetsResponse>(request, 9)).Topics[0].Partitions[0].Offset;
    }
}
