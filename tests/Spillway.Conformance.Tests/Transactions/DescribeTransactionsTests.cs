using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Transactions;

/// <summary>DescribeTransactions: KIP-664.</summary>
public sealed class DescribeTransactionsTests(BrokerFixture broker)
{
    private static readonly ApiCases<DescribeTransactionsRequest, DescribeTransactionsResponse> Table = new()
    {
        {
            "an unknown transactional id is TRANSACTIONAL_ID_NOT_FOUND", Versions.All, async run =>
            {
                var id = CaseRun.NewName("tx");
                var state = Assert.Single((await run.AskAsync(new() { TransactionalIds = { id } })).TransactionStates);
                Expect.Error(ErrorCode.TransactionalIdNotFound, state.ErrorCode);
                Assert.Equal(id, state.TransactionalId);
            }
        },
        {
            "an empty transactional id is INVALID_REQUEST", Versions.All, new DescribeTransactionsRequest { TransactionalIds = { "" } },
            static answer => Expect.Error(ErrorCode.InvalidRequest, Assert.Single(answer.TransactionStates).ErrorCode)
        },
        { "no ids get no answers", Versions.All, new DescribeTransactionsRequest(), static answer => Assert.Empty(answer.TransactionStates) },
        {
            "a producer that has not begun is Empty", Versions.All, async run =>
            {
                var producer = await TestProducer.InitAsync(run);
                var state = Assert.Single((await run.AskAsync(new() { TransactionalIds = { producer.TransactionalId } })).TransactionStates);
                Assert.Equal(("Empty", TestProducer.TimeoutMs), (state.TransactionStateValue, state.TransactionTimeoutMs));
                Assert.Equal((producer.ProducerId, producer.ProducerEpoch, -1), (state.ProducerId, state.ProducerEpoch, state.TransactionStartTimeMs));
                Assert.Empty(state.Topics);
            }
        },
        {
            "an open transaction with its partitions, and how it ended", Versions.All, async run =>
            {
                var began = Batch.NowMs;
                var (producer, topic) = await TestProducer.WithOpenTransactionAsync(run);
                var request = new DescribeTransactionsRequest { TransactionalIds = { producer.TransactionalId } };
                var state = Assert.Single((await run.AskAsync(request)).TransactionStates);
                Assert.Equal("Ongoing", state.TransactionStateValue);
                Assert.InRange(state.TransactionStartTimeMs, began, Batch.NowMs);
                var described = Assert.Single(state.Topics);
                Assert.Equal((topic.Name, 0), (described.Topic, Assert.Single(described.Partitions)));

                await producer.EndAsync(commit: true);
                Assert.Equal("CompleteCommit", Assert.Single((await run.AskAsync(request)).TransactionStates).TransactionStateValue);
            }
        },
        {
            "an aborted transaction is CompleteAbort", Versions.All, async run =>
            {
                var (producer, _) = await TestProducer.WithOpenTransactionAsync(run);
                await producer.EndAsync(commit: false);
                var request = new DescribeTransactionsRequest { TransactionalIds = { producer.TransactionalId } };
                Assert.Equal("CompleteAbort", Assert.Single((await run.AskAsync(request)).TransactionStates).TransactionStateValue);
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task DescribeTransactions_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);
}
