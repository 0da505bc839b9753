using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Topics;

/// <summary>DeleteRecords: KIP-107.</summary>
public sealed class DeleteRecordsTests(BrokerFixture broker)
{
    private static readonly ApiCases<DeleteRecordsRequest, DeleteRecordsResponse> Table = new()
    {
        {
            "an unknown topic is UNKNOWN_TOPIC_OR_PARTITION", Versions.All, async run =>
                ExpectRefused(await run.AskAsync(Ask(new(CaseRun.NewName(), Guid.Empty), 0)), ErrorCode.UnknownTopicOrPartition)
        },
        {
            "an unknown partition is UNKNOWN_TOPIC_OR_PARTITION", Versions.All, async run =>
                ExpectRefused(await run.AskAsync(Ask(await run.CreateTopicAsync(), 0, partition: 4)), ErrorCode.UnknownTopicOrPartition)
        },
        {
            "an offset behind the high watermark is OFFSET_OUT_OF_RANGE", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                await run.ProduceAsync(topic, Batch.Of(3));
                ExpectRefused(await run.AskAsync(Ask(topic, 4)), ErrorCode.OffsetOutOfRange);
            }
        },
        {
            "an offset below -1 is OFFSET_OUT_OF_RANGE", Versions.All, async run =>
                ExpectRefused(await run.AskAsync(Ask(await run.CreateTopicAsync(), -2)), ErrorCode.OffsetOutOfRange)
        },
        {
            // What is only compacted is never deleted by offset.
            "a compacted topic is POLICY_VIOLATION", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync(1, ("cleanup.policy", "compact"));
                await run.ProduceAsync(topic, Batch.Of(3));
                ExpectRefused(await run.AskAsync(Ask(topic, 2)), ErrorCode.PolicyViolation);
            }
        },
        {
            "a topic that is compacted and deleted from is not refused", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync(1, ("cleanup.policy", "compact,delete"));
                await run.ProduceAsync(topic, Batch.Of(3));
                ExpectLowWatermark(await run.AskAsync(Ask(topic, 2)), 2);
            }
        },
        {
            "no topics get no answers", Versions.All, new DeleteRecordsRequest { TimeoutMs = 1000 },
            static answer => Assert.Empty(answer.Topics)
        },
        {
            "the log starts at the offset", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                await run.ProduceAsync(topic, Batch.Of(5));
                ExpectLowWatermark(await run.AskAsync(Ask(topic, 3)), 3);

                var fetched = (await run.AskAsync<FetchResponse>(FetchRequests.From(topic, 3), 12)).Responses[0].Partitions[0];
                Assert.Equal((3, 5), (fetched.LogStartOffset, fetched.HighWatermark));
            }
        },
        {
            "-1 means the high watermark", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                await run.ProduceAsync(topic, Batch.Of(5));
                ExpectLowWatermark(await run.AskAsync(Ask(topic, -1)), 5);
                Assert.Equal(5, await run.ProduceAsync(topic, Batch.Of(1)));
            }
        },
        {
            "the log start does not go back", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                await run.ProduceAsync(topic, Batch.Of(5));
                ExpectLowWatermark(await run.AskAsync(Ask(topic, 3)), 3);
                ExpectLowWatermark(await run.AskAsync(Ask(topic, 1)), 3);
            }
        },
        {
            "one bad partition leaves the other alone", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync(partitionCount: 2);
                await run.ProduceAsync(topic, Batch.Of(3), partition: 1);
                var request = Ask(topic, 9);
                request.Topics[0].Partitions.Add(new() { PartitionIndex = 1, Offset = 2 });
                var partitions = Assert.Single((await run.AskAsync(request)).Topics).Partitions;

                Expect.Error(ErrorCode.OffsetOutOfRange, partitions.Single(static p => p.PartitionIndex == 0).ErrorCode);
                Assert.Equal(2, partitions.Single(static p => p.PartitionIndex == 1).LowWatermark);
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task DeleteRecords_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static DeleteRecordsRequest Ask(TestTopic topic, long offset, int partition = 0) => new()
    {
        TimeoutMs = 30_000,
        Topics = { new() { Name = topic.Name, Partitions = { new() { PartitionIndex = partition, Offset = offset } } } },
    };

    private static void ExpectRefused(DeleteRecordsResponse answer, ErrorCode error)
    {
        var partition = Assert.Single(Assert.Single(answer.Topics).Partitions);
        Expect.Error(error, partition.ErrorCode);
        Assert.Equal(-1, partition.LowWatermark);
    }

    private static void ExpectLowWatermark(DeleteRecordsResponse answer, long lowWatermark)
    {
        var partition = Assert.Single(Assert.Single(answer.Topics).Partitions);
        Expect.NoError(partition.ErrorCode);
        Assert.Equal(lowWatermark, partition.LowWatermark);
    }
}
