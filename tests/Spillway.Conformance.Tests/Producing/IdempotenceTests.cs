using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Producing;

/// <summary>Produce with a producer id: sequences, duplicates and epochs (KIP-98, KIP-360, KIP-588).</summary>
public sealed class IdempotenceTests(BrokerFixture broker)
{
    private static readonly ApiCases<ProduceRequest, ProduceResponse> Table = new()
    {
        {
            "sequences go on from 0", Versions.All, async run =>
            {
                var (topic, id) = await BeginAsync(run);
                await ExpectAsync(run, topic, Batch.Of(id, 0, 0, count: 3), ErrorCode.None, 0);
                await ExpectAsync(run, topic, Batch.Of(id, 0, 3, count: 2), ErrorCode.None, 3);
                await ExpectAsync(run, topic, Batch.Of(id, 0, 5), ErrorCode.None, 5);
            }
        },
        {
            "a gap is OUT_OF_ORDER_SEQUENCE_NUMBER", Versions.All, async run =>
            {
                var (topic, id) = await BeginAsync(run);
                await ExpectAsync(run, topic, Batch.Of(id, 0, 0), ErrorCode.None, 0);
                await ExpectAsync(run, topic, Batch.Of(id, 0, 2), ErrorCode.OutOfOrderSequenceNumber, -1);
            }
        },
        {
            // The last five batches are remembered; a retry of one gets the offset of its first try.
            "a batch that is sent again is answered as the first time", Versions.All, async run =>
            {
                var (topic, id) = await BeginAsync(run);
                for (var i = 0; i < 5; i++)
                {
                    await ExpectAsync(run, topic, Batch.Of(id, 0, 2 * i, count: 2), ErrorCode.None, 2 * i);
                }

                for (var i = 0; i < 5; i++)
                {
                    await ExpectAsync(run, topic, Batch.Of(id, 0, 2 * i, count: 2), ErrorCode.None, 2 * i);
                }

                Assert.Equal(10, await run.ProduceAsync(topic, Batch.Of(1)));
            }
        },
        {
            "a batch older than the last five is DUPLICATE_SEQUENCE_NUMBER", Versions.All, async run =>
            {
                var (topic, id) = await BeginAsync(run);
                for (var i = 0; i < 6; i++)
                {
                    await ExpectAsync(run, topic, Batch.Of(id, 0, i), ErrorCode.None, i);
                }

                await ExpectAsync(run, topic, Batch.Of(id, 0, 0), ErrorCode.DuplicateSequenceNumber, -1);
            }
        },
        {
            "a duplicate is one with the same sequences, first and last", Versions.All, async run =>
            {
                var (topic, id) = await BeginAsync(run);
                await ExpectAsync(run, topic, Batch.Of(id, 0, 0, count: 3), ErrorCode.None, 0);
                var answer = await AskAsync(run, topic, Batch.Of(id, 0, 0, count: 2));
                Assert.NotEqual(0, answer.ErrorCode);
            }
        },
        {
            // KIP-588: on produce an old epoch is INVALID_PRODUCER_EPOCH, not PRODUCER_FENCED.
            "an old epoch is INVALID_PRODUCER_EPOCH", Versions.All, async run =>
            {
                var (topic, id) = await BeginAsync(run);
                await ExpectAsync(run, topic, Batch.Of(id, 3, 0), ErrorCode.None, 0);
                await ExpectAsync(run, topic, Batch.Of(id, 2, 1), ErrorCode.InvalidProducerEpoch, -1);
            }
        },
        {
            // KIP-360: a producer without transactions raises its epoch by itself and begins anew.
            "a new epoch begins at sequence 0", Versions.All, async run =>
            {
                var (topic, id) = await BeginAsync(run);
                await ExpectAsync(run, topic, Batch.Of(id, 0, 0, count: 4), ErrorCode.None, 0);
                await ExpectAsync(run, topic, Batch.Of(id, 1, 4), ErrorCode.OutOfOrderSequenceNumber, -1);
                await ExpectAsync(run, topic, Batch.Of(id, 1, 0), ErrorCode.None, 4);
                await ExpectAsync(run, topic, Batch.Of(id, 0, 4), ErrorCode.InvalidProducerEpoch, -1);
            }
        },
        {
            "partitions have sequences of their own", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync(partitionCount: 2);
                var id = await NewProducerAsync(run);
                await ExpectAsync(run, topic, Batch.Of(id, 0, 0), ErrorCode.None, 0);
                await ExpectAsync(run, topic, Batch.Of(id, 0, 0), ErrorCode.None, 0, partition: 1);
                await ExpectAsync(run, topic, Batch.Of(id, 0, 1), ErrorCode.None, 1, partition: 1);
            }
        },
        {
            "producers have sequences of their own", Versions.All, async run =>
            {
                var (topic, id) = await BeginAsync(run);
                await ExpectAsync(run, topic, Batch.Of(id, 0, 0), ErrorCode.None, 0);
                await ExpectAsync(run, topic, Batch.Of(await NewProducerAsync(run), 0, 0), ErrorCode.None, 1);
            }
        },
        {
            "a producer id without a sequence is INVALID_RECORD", Versions.All, async run =>
            {
                var (topic, id) = await BeginAsync(run);
                var batch = Batch.Change(Batch.Of(id, 0, 0), static header => header with { BaseSequence = -1 });
                await ExpectAsync(run, topic, batch, run.Version >= 8 ? ErrorCode.InvalidRecord : ErrorCode.CorruptMessage, -1);
            }
        },
        {
            // A gap must not be closed behind the client's back: it knows that what it missed was refused.
            "what was refused can be sent again", Versions.All, async run =>
            {
                var (topic, id) = await BeginAsync(run);
                await ExpectAsync(run, topic, Batch.Of(id, 0, 0), ErrorCode.None, 0);
                await ExpectAsync(run, topic, Batch.Of(id, 0, 2), ErrorCode.OutOfOrderSequenceNumber, -1);
                await ExpectAsync(run, topic, Batch.Of(id, 0, 1), ErrorCode.None, 1);
                await ExpectAsync(run, topic, Batch.Of(id, 0, 2), ErrorCode.None, 2);
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task An_idempotent_produce_is_answered_as_by_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static async Task<(TestTopic Topic, long ProducerId)> BeginAsync(CaseRun run) =>
        (await run.CreateTopicAsync(), await NewProducerAsync(run));

    private static async Task<long> NewProducerAsync(CaseRun run)
    {
        var request = new InitProducerIdRequest { TransactionalId = null, TransactionTimeoutMs = 10_000 };
        return (await run.AskAsync<InitProducerIdResponse>(request, 4)).ProducerId;
    }

    private static async Task<ProduceResponse.PartitionProduceResponse> AskAsync(
        CaseRun<ProduceRequest, ProduceResponse> run, TestTopic topic, byte[] batch, int partition = 0)
    {
        var answer = await run.AskAsync(ProduceRequests.To(topic, batch, partition));
        return Assert.Single(Assert.Single(answer.Responses).PartitionResponses);
    }

    private static async Task ExpectAsync(
        CaseRun<ProduceRequest, ProduceResponse> run, TestTopic topic, byte[] batch, ErrorCode error, long baseOffset, int partition = 0)
    {
        var answer = await AskAsync(run, topic, batch, partition);
        Expect.Error(error, answer.ErrorCode);
        Assert.Equal(baseOffset, answer.BaseOffset);
    }
}
