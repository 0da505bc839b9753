using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Transactions;

/// <summary>Produce in a transaction: partitions that are not in it (KIP-890, v11), and added by the produce itself (v12).</summary>
public sealed class TransactionalProduceTests(BrokerFixture broker)
{
    private static readonly ApiCases<ProduceRequest, ProduceResponse> Table = new()
    {
        {
            "a partition that is not in the transaction", Versions.Until(11), async run =>
            {
                var producer = await TestProducer.InitAsync(run);
                var topic = await run.CreateTopicAsync();
                var answer = await run.AskAsync(
                    ProduceRequests.To(topic, producer.NextBatch(), transactionalId: producer.TransactionalId));
                Expect.Error(run.Version >= 11 ? ErrorCode.TransactionAbortable : ErrorCode.InvalidTxnState, One(answer).ErrorCode);
            }
        },
        {
            "a produce adds its partition from v12 on", Versions.Since(12), async run =>
            {
                var producer = await TestProducer.InitAsync(run);
                var topic = await run.CreateTopicAsync();
                var answer = await run.AskAsync(
                    ProduceRequests.To(topic, producer.NextBatch(), transactionalId: producer.TransactionalId));
                Expect.NoError(One(answer).ErrorCode);
                var state = await run.AskAsync<DescribeTransactionsResponse>(
                    new DescribeTransactionsRequest { TransactionalIds = { producer.TransactionalId } }, 0);
                Assert.Equal(topic.Name, Assert.Single(state.TransactionStates[0].Topics).Topic);
            }
        },
        {
            "a batch that was fenced is INVALID_PRODUCER_EPOCH", Versions.All, async run =>
            {
                var (producer, topic) = await TestProducer.WithOpenTransactionAsync(run);
                await TestProducer.InitAsync(run, producer.TransactionalId);
                var answer = await run.AskAsync(
                    ProduceRequests.To(topic, producer.NextBatch(), transactionalId: producer.TransactionalId));
                Expect.Error(ErrorCode.InvalidProducerEpoch, One(answer).ErrorCode);
            }
        },
        {
            "open records hold the last stable offset back", Versions.All, async run =>
            {
                var (producer, topic) = await TestProducer.WithOpenTransactionAsync(run, recordCount: 2);
                Expect.NoError(One(await run.AskAsync(ProduceRequests.To(topic, Batch.Of(1)))).ErrorCode);
                var request = FetchRequests.From(topic, 0);
                request.IsolationLevel = 1;
                var fetched = (await run.AskAsync<FetchResponse>(request, 12)).Responses[0].Partitions[0];
                Assert.Equal((3, 0), (fetched.HighWatermark, fetched.LastStableOffset));
                Assert.Equal(0, FetchRequests.CountRecords(fetched));
                await producer.EndAsync(commit: true);
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task A_transactional_produce_is_answered_as_by_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static ProduceResponse.PartitionProduceResponse One(ProduceResponse answer) =>
        Assert.Single(Assert.Single(answer.Responses).PartitionResponses);
}
