using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Transactions;

/// <summary>A transactional producer of the older protocol (TV1), which is told every step by its case.</summary>
internal sealed class TestProducer(CaseRun run, string transactionalId)
{
    public const int TimeoutMs = 60_000;

    private int _sequence;

    public string TransactionalId => transactionalId;

    public long ProducerId { get; private set; } = -1;

    public short ProducerEpoch { get; private set; } = -1;

    public static async Task<TestProducer> InitAsync(CaseRun run, string? transactionalId = null)
    {
        var producer = new TestProducer(run, transactionalId ?? CaseRun.NewName("tx"));
        var answer = await run.AskAsync<InitProducerIdResponse>(producer.InitOf(), 4);
        Expect.NoError(answer.ErrorCode);
        (producer.ProducerId, producer.ProducerEpoch) = (answer.ProducerId, answer.ProducerEpoch);
        return producer;
    }

    /// <summary>A producer with records of an open transaction in a topic.</summary>
    public static async Task<(TestProducer Producer, TestTopic Topic)> WithOpenTransactionAsync(CaseRun run, int recordCount = 1)
    {
        var producer = await InitAsync(run);
        var topic = await run.CreateTopicAsync();
        await producer.ProduceAsync(topic, recordCount);
        return (producer, topic);
    }

    public InitProducerIdRequest InitOf() => new() { TransactionalId = transactionalId, TransactionTimeoutMs = TimeoutMs };

    public EndTxnRequest EndOf(bool commit) =>
        new() { TransactionalId = transactionalId, ProducerId = ProducerId, ProducerEpoch = ProducerEpoch, Committed = commit };

    /// <summary>In the shape that the version has.</summary>
    public AddPartitionsToTxnRequest AddOf(short version, params (string Topic, int Partition)[] partitions)
    {
        List<AddPartitionsToTxnRequest.AddPartitionsToTxnTopic> topics =
        [
            .. partitions.Select(static p => new AddPartitionsToTxnRequest.AddPartitionsToTxnTopic
            {
                Name = p.Topic, Partitions = { p.Partition },
            }),
        ];
        return version < 4
            ? new()
            {
                V3AndBelowTransactionalId = transactionalId,
                V3AndBelowProducerId = ProducerId,
                V3AndBelowProducerEpoch = ProducerEpoch,
                V3AndBelowTopics = topics,
            }
            : new()
            {
                Transactions =
                {
                    new() { TransactionalId = transactionalId, ProducerId = ProducerId, ProducerEpoch = ProducerEpoch, Topics = topics },
                },
            };
    }

    /// <summary>The batch that comes next.</summary>
    public byte[] NextBatch(int recordCount = 1)
    {
        var batch = Batch.Of(ProducerId, ProducerEpoch, _sequence, recordCount, transactional: true);
        _sequence += recordCount;
        return batch;
    }

    /// <summary>Adds the partition to the transaction and produces to it.</summary>
    public async Task ProduceAsync(TestTopic topic, int recordCount = 1)
    {
        var added = await run.AskAsync<AddPartitionsToTxnResponse>(AddOf(3, (topic.Name, 0)), 3);
        Expect.NoError(added.ResultsByTopicV3AndBelow[0].ResultsByPartition[0].PartitionErrorCode);
        var answer = await run.AskAsync<ProduceResponse>(
            ProduceRequests.To(topic, NextBatch(recordCount), transactionalId: transactionalId), 9);
        Expect.NoError(answer.Responses[0].PartitionResponses[0].ErrorCode);
    }

    public async Task EndAsync(bool commit)
    {
        var answer = await run.AskAsync<EndTxnResponse>(EndOf(commit), 3);
        Assert.Equal(ErrorCode.None, (ErrorCode)answer.ErrorCode);
    }
}
