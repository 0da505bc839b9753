using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Records;
using Xunit;

namespace Spillway.Conformance.Tests.Transactions;

/// <summary>EndTxn: KIP-98, PRODUCER_FENCED from v2 on (KIP-588), an epoch for each transaction from v5 on (KIP-890).</summary>
public sealed class EndTxnTests(BrokerFixture broker)
{
    private static readonly ApiCases<EndTxnRequest, EndTxnResponse> Table = new()
    {
        {
            "an empty transactional id is INVALID_REQUEST", Versions.All, new EndTxnRequest { Committed = true },
            static answer => Expect.Error(ErrorCode.InvalidRequest, answer.ErrorCode)
        },
        {
            "an unknown transactional id is INVALID_PRODUCER_ID_MAPPING", Versions.All, async run =>
                Expect.Error(
                    ErrorCode.InvalidProducerIdMapping,
                    (await run.AskAsync(new TestProducer(run, CaseRun.NewName("tx")).EndOf(commit: true))).ErrorCode)
        },
        {
            "an epoch that another start has passed is fenced", Versions.All, async run =>
            {
                var (producer, _) = await TestProducer.WithOpenTransactionAsync(run);
                await TestProducer.InitAsync(run, producer.TransactionalId);
                await TestProducer.InitAsync(run, producer.TransactionalId);
                Expect.Error(
                    run.Version >= 2 ? ErrorCode.ProducerFenced : ErrorCode.InvalidProducerEpoch,
                    (await run.AskAsync(producer.EndOf(commit: true))).ErrorCode);
            }
        },
        {
            "a commit where nothing was begun is INVALID_TXN_STATE", Versions.All, async run =>
                Expect.Error(
                    ErrorCode.InvalidTxnState, (await run.AskAsync((await TestProducer.InitAsync(run)).EndOf(commit: true))).ErrorCode)
        },
        {
            "an abort where nothing was begun is INVALID_TXN_STATE before v5", Versions.Until(4), async run =>
                Expect.Error(
                    ErrorCode.InvalidTxnState, (await run.AskAsync((await TestProducer.InitAsync(run)).EndOf(commit: false))).ErrorCode)
        },
        {
            // KIP-890: a client that does not know whether it had begun aborts and goes on with the next epoch.
            "an abort where nothing was begun raises the epoch from v5 on", Versions.Since(5), async run =>
            {
                var producer = await TestProducer.InitAsync(run);
                ExpectEpoch(await run.AskAsync(producer.EndOf(commit: false)), producer, producer.ProducerEpoch + 1);
            }
        },
        { "a commit that is sent again is fine", Versions.All, run => ExpectAgainAsync(run, commit: true, again: true, ErrorCode.None) },
        { "an abort that is sent again is fine", Versions.All, run => ExpectAgainAsync(run, commit: false, again: false, ErrorCode.None) },
        { "an abort behind a commit is INVALID_TXN_STATE", Versions.All, run => ExpectAgainAsync(run, commit: true, again: false, ErrorCode.InvalidTxnState) },
        { "a commit behind an abort is INVALID_TXN_STATE", Versions.All, run => ExpectAgainAsync(run, commit: false, again: true, ErrorCode.InvalidTxnState) },
        {
            // KIP-98: a marker takes an offset, and what is committed becomes visible to all.
            "a commit makes the records stable", Versions.All, async run =>
            {
                var (producer, topic) = await TestProducer.WithOpenTransactionAsync(run, recordCount: 2);
                ExpectEpoch(await run.AskAsync(producer.EndOf(commit: true)), producer, producer.ProducerEpoch + 1);

                var fetched = await run.FetchStableAsync(topic, lastStableOffset: 3);
                Assert.Equal((3, 3), (fetched.HighWatermark, fetched.LastStableOffset));
                Assert.Empty(fetched.AbortedTransactions!);
                Assert.Equal([false, true], FetchRequests.Headers(fetched).Select(static h => h.IsControl));
            }
        },
        {
            "an abort is told to READ_COMMITTED", Versions.All, async run =>
            {
                var (producer, topic) = await TestProducer.WithOpenTransactionAsync(run, recordCount: 2);
                ExpectEpoch(await run.AskAsync(producer.EndOf(commit: false)), producer, producer.ProducerEpoch + 1);

                var fetched = await run.FetchStableAsync(topic, lastStableOffset: 3);
                var aborted = Assert.Single(fetched.AbortedTransactions!);
                Assert.Equal((producer.ProducerId, 0), (aborted.ProducerId, aborted.FirstOffset));
                Assert.Equal([false, true], FetchRequests.Headers(fetched).Select(static h => h.IsControl));
            }
        },
        {
            // Kafka's brokers stamp control batches like any other (message.timestamp.type, LogValidator).
            "a marker has the topic's timestamp type", Versions.Until(4), async run =>
            {
                foreach (var expected in new[] { TimestampType.LogAppendTime, TimestampType.CreateTime })
                {
                    var producer = await TestProducer.InitAsync(run);
                    var topic = await run.CreateTopicAsync(1, ("message.timestamp.type", $"{expected}"));
                    await producer.ProduceAsync(topic);
                    Expect.NoError((await run.AskAsync(producer.EndOf(commit: true))).ErrorCode);

                    var headers = FetchRequests.Headers(await run.FetchStableAsync(topic, lastStableOffset: 2));
                    Assert.Equal([(false, expected), (true, expected)], headers.Select(static h => (h.IsControl, h.TimestampType)));
                }
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task EndTxn_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    // Only from v5 on an answer has them.
    private static void ExpectEpoch(EndTxnResponse answer, TestProducer producer, int epoch)
    {
        Expect.NoError(answer.ErrorCode);
        if (answer.ProducerId >= 0)
        {
            Assert.Equal((producer.ProducerId, epoch), (answer.ProducerId, answer.ProducerEpoch));
        }
    }

    private static async Task ExpectAgainAsync(CaseRun<EndTxnRequest, EndTxnResponse> run, bool commit, bool again, ErrorCode error)
    {
        var (producer, _) = await TestProducer.WithOpenTransactionAsync(run);
        Expect.NoError((await run.AskAsync(producer.EndOf(commit))).ErrorCode);
        Expect.Error(error, (await run.AskAsync(producer.EndOf(again))).ErrorCode);
    }
}
