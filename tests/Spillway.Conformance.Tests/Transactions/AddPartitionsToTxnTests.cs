using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Transactions;

/// <summary>AddPartitionsToTxn: KIP-98, PRODUCER_FENCED from v2 on (KIP-588), many transactions from v4 on (KIP-890).</summary>
public sealed class AddPartitionsToTxnTests(BrokerFixture broker)
{
    private static readonly ApiCases<AddPartitionsToTxnRequest, AddPartitionsToTxnResponse> Table = new()
    {
        {
            "an empty transactional id is INVALID_REQUEST", Versions.Until(3), async run =>
            {
                var topic = await run.CreateTopicAsync();
                var request = new TestProducer(run, "").AddOf(run.Version, (topic.Name, 0));
                Assert.Equal([ErrorCode.InvalidRequest], Errors(await run.AskAsync(request)));
            }
        },
        {
            "an unknown transactional id is INVALID_PRODUCER_ID_MAPPING", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                var request = new TestProducer(run, CaseRun.NewName("tx")).AddOf(run.Version, (topic.Name, 0));
                Assert.Equal([ErrorCode.InvalidProducerIdMapping], Errors(await run.AskAsync(request)));
            }
        },
        {
            "an epoch that another start has passed is fenced", Versions.All, async run =>
            {
                var producer = await TestProducer.InitAsync(run);
                await TestProducer.InitAsync(run, producer.TransactionalId);
                var request = producer.AddOf(run.Version, ((await run.CreateTopicAsync()).Name, 0));
                Assert.Equal(
                    [run.Version >= 2 ? ErrorCode.ProducerFenced : ErrorCode.InvalidProducerEpoch], Errors(await run.AskAsync(request)));
            }
        },
        {
            "one unknown partition keeps all out", Versions.All, async run =>
            {
                var producer = await TestProducer.InitAsync(run);
                var topic = await run.CreateTopicAsync();
                var request = producer.AddOf(run.Version, (topic.Name, 0), (CaseRun.NewName(), 0));
                Assert.Equal([ErrorCode.OperationNotAttempted, ErrorCode.UnknownTopicOrPartition], Errors(await run.AskAsync(request)));
            }
        },
        {
            "partitions are added, again and again", Versions.All, async run =>
            {
                var producer = await TestProducer.InitAsync(run);
                var (first, second) = (await run.CreateTopicAsync(), await run.CreateTopicAsync());
                var request = producer.AddOf(run.Version, (first.Name, 0), (second.Name, 0));
                Assert.Equal([ErrorCode.None, ErrorCode.None], Errors(await run.AskAsync(request)));
                Assert.Equal([ErrorCode.None, ErrorCode.None], Errors(await run.AskAsync(request)));
            }
        },
        {
            // KIP-890: what a broker asks another before it appends.
            "a partition that is in the transaction is verified, another is not", Versions.Since(4), async run =>
            {
                var (producer, topic) = await TestProducer.WithOpenTransactionAsync(run);
                var request = producer.AddOf(run.Version, (topic.Name, 0));
                request.Transactions[0].VerifyOnly = true;
                Assert.Equal([ErrorCode.None], Errors(await run.AskAsync(request)));

                request = producer.AddOf(run.Version, ((await run.CreateTopicAsync()).Name, 0));
                request.Transactions[0].VerifyOnly = true;
                Assert.Equal(
                    [run.Version >= 5 ? ErrorCode.TransactionAbortable : ErrorCode.InvalidTxnState], Errors(await run.AskAsync(request)));
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task AddPartitionsToTxn_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static IEnumerable<ErrorCode> Errors(AddPartitionsToTxnResponse answer) =>
        answer.ResultsByTransaction.SelectMany(static transaction => transaction.TopicResults)
            .Concat(answer.ResultsByTopicV3AndBelow)
            .SelectMany(static topic => topic.ResultsByPartition)
            .Select(static partition => (ErrorCode)partition.PartitionErrorCode);
}
