using Spillway.Kafka.Messages;

namespace Spillway.ProtocolFrontend.Tests.Handlers.Transactions;

/// <summary>Requests of producer 4000 at epoch 7, transactional id "id", and the errors of their answers in order.</summary>
internal static class TransactionRequests
{
    public const long ProducerId = 4000;

    public const short ProducerEpoch = 7;

    public static InitProducerIdRequest Init(int version) => new()
    {
        TransactionalId = "id",
        TransactionTimeoutMs = 60_000,
        ProducerId = version >= 3 ? ProducerId : -1,
        ProducerEpoch = version >= 3 ? ProducerEpoch : (short)-1,
    };

    public static AddPartitionsToTxnRequest AddPartitions(int version, params (string Topic, int Partition)[] partitions)
    {
        var topics = partitions.GroupBy(p => p.Topic).Select(t => new AddPartitionsToTxnRequest.AddPartitionsToTxnTopic
        {
            Name = t.Key, Partitions = [.. t.Select(p => p.Partition)],
        }).ToList();
        return version >= 4
            ? new()
            {
                Transactions = { new() { TransactionalId = "id", ProducerId = ProducerId, ProducerEpoch = ProducerEpoch, Topics = topics } },
            }
            : new()
            {
                V3AndBelowTransactionalId = "id",
                V3AndBelowProducerId = ProducerId,
                V3AndBelowProducerEpoch = ProducerEpoch,
                V3AndBelowTopics = topics,
            };
    }

    public static AddOffsetsToTxnRequest AddOffsets() =>
        new() { TransactionalId = "id", ProducerId = ProducerId, ProducerEpoch = ProducerEpoch, GroupId = "g" };

    public static EndTxnRequest End(bool commit) =>
        new() { TransactionalId = "id", ProducerId = ProducerId, ProducerEpoch = ProducerEpoch, Committed = commit };

    public static TxnOffsetCommitRequest CommitOffsets(params (string Topic, int Partition)[] partitions) => new()
    {
        TransactionalId = "id",
        GroupId = "g",
        ProducerId = ProducerId,
        ProducerEpoch = ProducerEpoch,
        Topics =
        [
            .. partitions.GroupBy(p => p.Topic).Select(t => new TxnOffsetCommitRequest.TxnOffsetCommitRequestTopic
            {
                Name = t.Key,
                Partitions =
                [
                    .. t.Select(p => new TxnOffsetCommitRequest.TxnOffsetCommitRequestPartition
                    {
                        PartitionIndex = p.Partition, CommittedOffset = 42, CommittedMetadata = null,
                    }),
                ],
            }),
        ],
    };

    public static DescribeProducersRequest DescribeProducers(params (string Topic, int Partition)[] partitions) => new()
    {
        Topics =
        [
            .. partitions.GroupBy(p => p.Topic).Select(t => new DescribeProducersRequest.TopicRequest
            {
                Name = t.Key, PartitionIndexes = [.. t.Select(p => p.Partition)],
            }),
        ],
    };

    public static WriteTxnMarkersRequest Marker(bool commit, params (string Topic, int Partition)[] partitions) => new()
    {
        Markers =
        {
            new()
            {
                ProducerId = ProducerId,
                ProducerEpoch = ProducerEpoch,
                TransactionResult = commit,
                Topics =
                [
                    .. partitions.GroupBy(p => p.Topic).Select(t => new WriteTxnMarkersRequest.WritableTxnMarkerTopic
                    {
                        Name = t.Key, PartitionIndexes = [.. t.Select(p => p.Partition)],
                    }),
                ],
            },
        },
    };

    public static short[] Errors(AddPartitionsToTxnResponse response) =>
    [
        .. response.ResultsByTransaction.SelectMany(t => t.TopicResults).Concat(response.ResultsByTopicV3AndBelow)
            .SelectMany(t => t.ResultsByPartition).Select(p => p.PartitionErrorCode),
    ];

    public static short[] Errors(TxnOffsetCommitResponse response) =>
        [.. response.Topics.SelectMany(t => t.Partitions).Select(p => p.ErrorCode)];

    public static short[] Errors(DescribeProducersResponse response) =>
        [.. response.Topics.SelectMany(t => t.Partitions).Select(p => p.ErrorCode)];

    public static short[] Errors(WriteTxnMarkersResponse response) =>
        [.. response.Markers.SelectMany(m => m.Topics).SelectMany(t => t.Partitions).Select(p => p.ErrorCode)];
}
