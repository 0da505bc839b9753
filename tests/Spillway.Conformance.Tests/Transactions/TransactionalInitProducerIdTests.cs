using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Transactions;

/// <summary>InitProducerId with a transactional id: KIP-98, recovery (KIP-360, v3), PRODUCER_FENCED (KIP-588, v4).</summary>
public sealed class TransactionalInitProducerIdTests(BrokerFixture broker)
{
    private static readonly ApiCases<InitProducerIdRequest, InitProducerIdResponse> Table = new()
    {
        { "no timeout is INVALID_TRANSACTION_TIMEOUT", Versions.All, run => ExpectTimeoutRefusedAsync(run, 0) },
        { "a negative timeout is INVALID_TRANSACTION_TIMEOUT", Versions.All, run => ExpectTimeoutRefusedAsync(run, -1) },
        { "a timeout over transaction.max.timeout.ms is INVALID_TRANSACTION_TIMEOUT", Versions.All, run => ExpectTimeoutRefusedAsync(run, 900_001) },
        {
            // KIP-360: both or neither.
            "a producer id without an epoch is INVALID_REQUEST", Versions.Since(3),
            new InitProducerIdRequest { TransactionalId = null, TransactionTimeoutMs = 10_000, ProducerId = 5 },
            static answer => Expect.Error(ErrorCode.InvalidRequest, answer.ErrorCode)
        },
        {
            "an epoch without a producer id is INVALID_REQUEST", Versions.Since(3),
            new InitProducerIdRequest { TransactionalId = null, TransactionTimeoutMs = 10_000, ProducerEpoch = 5 },
            static answer => Expect.Error(ErrorCode.InvalidRequest, answer.ErrorCode)
        },
        {
            "an epoch that another start has passed is fenced", Versions.Since(3), async run =>
            {
                var producer = await TestProducer.InitAsync(run);
                await TestProducer.InitAsync(run, producer.TransactionalId);
                var request = producer.InitOf();
                (request.ProducerId, request.ProducerEpoch) = (producer.ProducerId, producer.ProducerEpoch);
                // Clients before v4 do not know PRODUCER_FENCED.
                Expect.Error(
                    run.Version >= 4 ? ErrorCode.ProducerFenced : ErrorCode.InvalidProducerEpoch, (await run.AskAsync(request)).ErrorCode);
            }
        },
        {
            "a new transactional id begins at epoch 0, and each start raises it", Versions.All, async run =>
            {
                var request = new InitProducerIdRequest { TransactionalId = CaseRun.NewName("tx"), TransactionTimeoutMs = 10_000 };
                var first = await run.AskAsync(request);
                var second = await run.AskAsync(request);

                Expect.NoError(first.ErrorCode);
                Assert.Equal(0, first.ProducerEpoch);
                Assert.Equal((first.ProducerId, (short)1), (second.ProducerId, second.ProducerEpoch));
            }
        },
        {
            "a producer that recovers gets the next epoch", Versions.Since(3), async run =>
            {
                var producer = await TestProducer.InitAsync(run);
                var request = producer.InitOf();
                (request.ProducerId, request.ProducerEpoch) = (producer.ProducerId, producer.ProducerEpoch);
                var answer = await run.AskAsync(request);
                Expect.NoError(answer.ErrorCode);
                Assert.Equal((producer.ProducerId, producer.ProducerEpoch + 1), (answer.ProducerId, answer.ProducerEpoch));
            }
        },
        {
            // Kafka may say CONCURRENT_TRANSACTIONS until it is aborted; who asks again gets through.
            "a start aborts the transaction that is open", Versions.All, async run =>
            {
                var (producer, topic) = await TestProducer.WithOpenTransactionAsync(run);
                InitProducerIdResponse answer;
                do
                {
                    answer = await run.AskAsync(producer.InitOf());
                }
                while (answer.ErrorCode == (short)ErrorCode.ConcurrentTransactions);

                Expect.NoError(answer.ErrorCode);
                Assert.True(answer.ProducerEpoch > producer.ProducerEpoch);
                Assert.Equal(2, (await run.FetchStableAsync(topic, lastStableOffset: 2)).HighWatermark);
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task A_transactional_producer_begins_as_with_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static async Task ExpectTimeoutRefusedAsync(CaseRun<InitProducerIdRequest, InitProducerIdResponse> run, int timeoutMs)
    {
        var answer = await run.AskAsync(new() { TransactionalId = CaseRun.NewName("tx"), TransactionTimeoutMs = timeoutMs });
        Expect.Error(ErrorCode.InvalidTransactionTimeout, answer.ErrorCode);
        Assert.Equal(-1, answer.ProducerId);
    }
}
