using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Transactions;

/// <summary>AddOffsetsToTxn: KIP-98, PRODUCER_FENCED from v2 on (KIP-588).</summary>
public sealed class AddOffsetsToTxnTests(BrokerFixture broker)
{
    private static readonly ApiCases<AddOffsetsToTxnRequest, AddOffsetsToTxnResponse> Table = new()
    {
        {
            "an empty transactional id is INVALID_REQUEST", Versions.All, new AddOffsetsToTxnRequest { GroupId = "g" },
            static answer => Expect.Error(ErrorCode.InvalidRequest, answer.ErrorCode)
        },
        {
            "an unknown transactional id is INVALID_PRODUCER_ID_MAPPING", Versions.All, async run =>
                Expect.Error(
                    ErrorCode.InvalidProducerIdMapping, (await run.AskAsync(Of(new(run, CaseRun.NewName("tx"))))).ErrorCode)
        },
        {
            "another's producer id is INVALID_PRODUCER_ID_MAPPING", Versions.All, async run =>
            {
                var request = Of(await TestProducer.InitAsync(run));
                request.ProducerId += 1_000_000;
                Expect.Error(ErrorCode.InvalidProducerIdMapping, (await run.AskAsync(request)).ErrorCode);
            }
        },
        {
            "an epoch that another start has passed is fenced", Versions.All, async run =>
            {
                var producer = await TestProducer.InitAsync(run);
                await TestProducer.InitAsync(run, producer.TransactionalId);
                Expect.Error(
                    run.Version >= 2 ? ErrorCode.ProducerFenced : ErrorCode.InvalidProducerEpoch, (await run.AskAsync(Of(producer))).ErrorCode);
            }
        },
        { "a group is added", Versions.All, async run => Expect.NoError((await run.AskAsync(Of(await TestProducer.InitAsync(run)))).ErrorCode) },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task AddOffsetsToTxn_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static AddOffsetsToTxnRequest Of(TestProducer producer) => new()
    {
        TransactionalId = producer.TransactionalId,
        ProducerId = producer.ProducerId,
        ProducerEpoch = producer.ProducerEpoch,
        GroupId = CaseRun.NewName("group"),
    };
}
