using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Transactions;

/// <summary>WriteTxnMarkers: how an operator aborts a transaction that hangs (KIP-664).</summary>
public sealed class WriteTxnMarkersTests(BrokerFixture broker)
{
    private static readonly ApiCases<WriteTxnMarkersRequest, WriteTxnMarkersResponse> Table = new()
    {
        {
            "an unknown topic is UNKNOWN_TOPIC_OR_PARTITION", Versions.All, async run =>
            {
                var producer = await TestProducer.InitAsync(run);
                Expect.Error(ErrorCode.UnknownTopicOrPartition, One(await run.AskAsync(AbortOf(producer, CaseRun.NewName()))));
            }
        },
        { "no markers get no answers", Versions.All, new WriteTxnMarkersRequest(), static answer => Assert.Empty(answer.Markers) },
        {
            "an abort lets readers of committed records go on", Versions.All, async run =>
            {
                var (producer, topic) = await TestProducer.WithOpenTransactionAsync(run);
                Expect.NoError(One(await run.AskAsync(AbortOf(producer, topic.Name))));
                var fetched = await run.FetchStableAsync(topic, lastStableOffset: 2);
                Assert.Equal([producer.ProducerId], fetched.AbortedTransactions!.Select(static aborted => aborted.ProducerId));
            }
        },
        {
            // Not as Kafka, where a broker that leads a transaction writes so, to a partition at a time: WriteTxnMarkersHandler says why.
            "a marker that would commit is INVALID_REQUEST and changes nothing", Versions.All, async run =>
            {
                var (producer, topic) = await TestProducer.WithOpenTransactionAsync(run);
                var commit = AbortOf(producer, topic.Name);
                commit.Markers[0].TransactionResult = true;
                Expect.Error(ErrorCode.InvalidRequest, One(await run.AskAsync(commit)));

                Expect.NoError(One(await run.AskAsync(AbortOf(producer, topic.Name))));
                var fetched = await run.FetchStableAsync(topic, lastStableOffset: 2);
                Assert.Equal([producer.ProducerId], fetched.AbortedTransactions!.Select(static aborted => aborted.ProducerId));
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task WriteTxnMarkers_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static WriteTxnMarkersRequest AbortOf(TestProducer producer, string topic) => new()
    {
        Markers =
        {
            new()
            {
                ProducerId = producer.ProducerId,
                ProducerEpoch = producer.ProducerEpoch,
                TransactionResult = false,
                Topics = { new() { Name = topic, PartitionIndexes = { 0 } } },
            },
        },
    };

    private static short One(WriteTxnMarkersResponse answer) =>
        Assert.Single(Assert.Single(Assert.Single(answer.Markers).Topics).Partitions).ErrorCode;
}
