using Spillway.Kafka;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;

namespace Spillway.Chaos.Clients;

/// <summary>
/// A producer of transactions, one request at a time: in the first version as librdkafka does it (partitions and groups are added, the epoch stays), or in
/// the second as Java's 4.x does (they are added by what is sent, each end bumps the epoch; KIP-890). Not thread-safe.
/// </summary>
internal sealed class TransactionalProducer : IDisposable
{
    private const int TimeoutMs = 15_000;

    private readonly HashSet<TopicPartition> _added = [];
    private readonly Dictionary<TopicPartition, int> _sequences = [];
    private readonly ClusterConnections _cluster;
    private readonly string _id;
    private readonly bool _isSecondVersion;
    private readonly BatchMaker _batches;
    private readonly TransactionalSends _sends;
    private readonly CoordinatorCalls _coordinator;
    private readonly CoordinatorCalls _group;
    private readonly string _groupId;
    private bool _hasGroup;
    private long _producerId;
    private short _producerEpoch;

    public TransactionalProducer(
        ClusterConnections cluster, string id, string groupId, bool isSecondVersion, Random random, Action<string> noteError)
    {
        (_cluster, _id, _groupId, _isSecondVersion) = (cluster, id, groupId, isSecondVersion);
        _batches = new BatchMaker(random, valueBytesMax: 200);
        _sends = new TransactionalSends(cluster, id, isSecondVersion, noteError);
        _coordinator = new CoordinatorCalls(cluster, id, CoordinatorCalls.Transaction, noteError);
        _group = new CoordinatorCalls(cluster, groupId, CoordinatorCalls.Group, noteError);
    }

    /// <summary>The broker knows of the transaction, or may.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>
    /// Something was sent whose end is not known. Of the first version it could yet do to the next transaction what was meant for this one
    /// (KAFKA-17754), so who goes on has to begin anew with <see cref="InitAsync"/>.
    /// </summary>
    public bool IsIndefinite => _coordinator.IsIndefinite || _group.IsIndefinite || _sends.IsIndefinite;

    /// <summary>A new epoch; what was open is aborted by it.</summary>
    public async Task<bool> InitAsync(CancellationToken cancellationToken)
    {
        var request = new InitProducerIdRequest { TransactionalId = _id, TransactionTimeoutMs = TimeoutMs };
        var (answer, error) = await _coordinator.CallAsync(
            ApiKey.InitProducerId, (short)(_isSecondVersion ? 5 : 4), request, InitProducerIdResponse.Read, static a => a.ErrorCode, cancellationToken);
        if (answer is null || error != ErrorCode.None)
        {
            return false;
        }

        _coordinator.IsIndefinite = _group.IsIndefinite = _sends.IsIndefinite = false;
        SetProducer(answer.ProducerId, answer.ProducerEpoch);
        Ended();
        return true;
    }

    /// <summary>The offset where it is known; null for an error means that no answer came.</summary>
    public async Task<(ErrorCode? Error, long BaseOffset)> SendAsync(
        TopicPartition partition, long firstValue, int count, CancellationToken cancellationToken)
    {
        if (!_isSecondVersion && !_added.Contains(partition) && await AddAsync(partition, cancellationToken) is var error and not ErrorCode.None)
        {
            return (error, -1);
        }

        HasBegun = true;
        var sequence = _sequences.GetValueOrDefault(partition);
        var sent = await _sends.SendAsync(partition, _batches.Make(firstValue, count, sequence, isTransactional: true), cancellationToken);
        if (sent.Error == ErrorCode.None)
        {
            _sequences[partition] = sequence + count;
        }

        return sent;
    }

    /// <summary>Positions that count when the transaction is committed.</summary>
    public async Task<ErrorCode?> SendOffsetsAsync(
        IReadOnlyDictionary<TopicPartition, long> positions, CancellationToken cancellationToken)
    {
        HasBegun = true;
        if (!_isSecondVersion && !_hasGroup)
        {
            var request = new AddOffsetsToTxnRequest
            {
                TransactionalId = _id, ProducerId = _producerId, ProducerEpoch = _producerEpoch, GroupId = _groupId,
            };
            var (_, added) = await _coordinator.CallAsync(
                ApiKey.AddOffsetsToTxn, 3, request, AddOffsetsToTxnResponse.Read, static a => a.ErrorCode, cancellationToken);
            if (added != ErrorCode.None)
            {
                return added;
            }

            _hasGroup = true;
        }

        var commit = new TxnOffsetCommitRequest
        {
            TransactionalId = _id, ProducerId = _producerId, ProducerEpoch = _producerEpoch, GroupId = _groupId,
        };
        commit.Topics.AddRange(positions.GroupBy(static position => position.Key.Topic).Select(static topic =>
            new TxnOffsetCommitRequest.TxnOffsetCommitRequestTopic
            {
                Name = topic.Key,
                Partitions =
                [
                    .. topic.Select(static position => new TxnOffsetCommitRequest.TxnOffsetCommitRequestPartition
                    {
                        PartitionIndex = position.Key.Partition, CommittedOffset = position.Value,
                    }),
                ],
            }));
        var (_, error) = await _group.CallAsync(
            ApiKey.TxnOffsetCommit, (short)(_isSecondVersion ? 5 : 3), commit, TxnOffsetCommitResponse.Read, FirstError, cancellationToken);
        return error;
    }

    /// <summary>Commits or aborts; null: nobody said what became of it.</summary>
    public async Task<ErrorCode?> EndAsync(bool commit, CancellationToken cancellationToken)
    {
        var request = new EndTxnRequest
        {
            TransactionalId = _id, ProducerId = _producerId, ProducerEpoch = _producerEpoch, Committed = commit,
        };
        var wasIndefinite = IsIndefinite;
        var (answer, error) = await _coordinator.CallAsync(
            ApiKey.EndTxn, (short)(_isSecondVersion ? 5 : 3), request, EndTxnResponse.Read, static a => a.ErrorCode, cancellationToken);
        if (error == ErrorCode.None)
        {
            // An answer to the second try leaves the first one under way.
            _coordinator.IsIndefinite |= wasIndefinite;
            Ended();
            if (_isSecondVersion)
            {
                SetProducer(answer!.ProducerId, answer.ProducerEpoch);
            }
        }

        return error;
    }

    /// <summary>The group's offsets, none of which a transaction is about to change; −1 where it has none.</summary>
    public async Task<IReadOnlyDictionary<TopicPartition, long>?> FetchOffsetsAsync(
        IReadOnlyList<TopicPartition> wanted, CancellationToken cancellationToken)
    {
        var request = new OffsetFetchRequest { GroupId = _groupId, Topics = [], RequireStable = true };
        request.Topics.AddRange(wanted.GroupBy(static partition => partition.Topic).Select(static topic =>
            new OffsetFetchRequest.OffsetFetchRequestTopic { Name = topic.Key, PartitionIndexes = [.. topic.Select(static p => p.Partition)] }));
        var (answer, error) = await _group.CallAsync(
            ApiKey.OffsetFetch, 7, request, OffsetFetchResponse.Read, FirstError, cancellationToken);
        return error == ErrorCode.None
            ? answer!.Topics
                .SelectMany(static topic => topic.Partitions.Select(partition =>
                    KeyValuePair.Create(new TopicPartition(topic.Name, partition.PartitionIndex), partition.CommittedOffset)))
                .ToDictionary()
            : null;
    }

    public void Dispose() => _cluster.Dispose();

    private static short FirstError(TxnOffsetCommitResponse answer) => answer.Topics.SelectMany(static topic => topic.Partitions)
        .Select(static partition => partition.ErrorCode).FirstOrDefault(static code => code != 0);

    private static short FirstError(OffsetFetchResponse answer) => answer.ErrorCode != 0
        ? answer.ErrorCode
        : answer.Topics.SelectMany(static topic => topic.Partitions)
            .Select(static partition => partition.ErrorCode).FirstOrDefault(static code => code != 0);

    private async Task<ErrorCode?> AddAsync(TopicPartition partition, CancellationToken cancellationToken)
    {
        HasBegun = true;
        var request = new AddPartitionsToTxnRequest
        {
            V3AndBelowTransactionalId = _id,
            V3AndBelowProducerId = _producerId,
            V3AndBelowProducerEpoch = _producerEpoch,
            V3AndBelowTopics = { new() { Name = partition.Topic, Partitions = { partition.Partition } } },
        };
        var (_, error) = await _coordinator.CallAsync(
            ApiKey.AddPartitionsToTxn,
            3,
            request,
            AddPartitionsToTxnResponse.Read,
            static answer => answer.ResultsByTopicV3AndBelow[0].ResultsByPartition[0].PartitionErrorCode,
            cancellationToken);
        if (error == ErrorCode.None)
        {
            _added.Add(partition);
        }

        return error;
    }

    private void SetProducer(long producerId, short producerEpoch)
    {
        (_producerId, _producerEpoch) = (producerId, producerEpoch);
        _batches.SetProducer(producerId, producerEpoch);
        _sequences.Clear();
    }

    private void Ended()
    {
        HasBegun = _hasGroup = false;
        _added.Clear();
    }
}
