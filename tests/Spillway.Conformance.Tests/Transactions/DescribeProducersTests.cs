using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Transactions;

/// <summary>DescribeProducers: KIP-664.</summary>
public sealed class DescribeProducersTests(BrokerFixture broker)
{
    private static readonly ApiCases<DescribeProducersRequest, DescribeProducersResponse> Table = new()
    {
        {
            "an unknown topic is UNKNOWN_TOPIC_OR_PARTITION", Versions.All, async run =>
                Expect.Error(ErrorCode.UnknownTopicOrPartition, One(await run.AskAsync(Ask(CaseRun.NewName()))).ErrorCode)
        },
        {
            "an unknown partition is UNKNOWN_TOPIC_OR_PARTITION", Versions.All, async run =>
                Expect.Error(ErrorCode.UnknownTopicOrPartition, One(await run.AskAsync(Ask((await run.CreateTopicAsync()).Name, 7))).ErrorCode)
        },
        {
            "a partition that nobody with an id wrote to has no producers", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                await run.ProduceAsync(topic, Batch.Of(1));
                Assert.Empty(One(await run.AskAsync(Ask(topic.Name))).ActiveProducers);
            }
        },
        {
            "a producer with an open transaction, and once it has ended", Versions.All, async run =>
            {
                var (producer, topic) = await TestProducer.WithOpenTransactionAsync(run, recordCount: 3);
                var active = Assert.Single(One(await run.AskAsync(Ask(topic.Name))).ActiveProducers);
                Assert.Equal((producer.ProducerId, (int)producer.ProducerEpoch, 2), (active.ProducerId, active.ProducerEpoch, active.LastSequence));
                Assert.Equal(0, active.CurrentTxnStartOffset);

                await producer.EndAsync(commit: true);
                Assert.Equal(-1, Assert.Single(One(await run.AskAsync(Ask(topic.Name))).ActiveProducers).CurrentTxnStartOffset);
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task DescribeProducers_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static DescribeProducersRequest Ask(string topic, int partition = 0) =>
        new() { Topics = { new() { Name = topic, PartitionIndexes = { partition } } } };

    private static DescribeProducersResponse.PartitionResponse One(DescribeProducersResponse answer) =>
        Assert.Single(Assert.Single(answer.Topics).Partitions);
}
