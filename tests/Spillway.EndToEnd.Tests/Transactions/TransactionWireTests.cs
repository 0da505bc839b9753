using System.Buffers;
using Spillway.EndToEnd.Tests.Wire;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Records;
using Xunit;

namespace Spillway.EndToEnd.Tests.Transactions;

/// <summary>
/// Transactions of the second version (KIP-890), as Java's 4.x has them and no client here: partitions and groups are added by what is sent, each end bumps
/// the epoch. And what operators see of them and do to them (KIP-664).
/// </summary>
public sealed class TransactionWireTests(TransactionFixture cluster) : IClassFixture<TransactionFixture>, IAsyncLifetime
{
    private readonly string _topic = $"wire-{Guid.NewGuid():N}"[..16];
    private RawConnection _connection = null!;
    private long _producerId;
    private short _epoch;

    public async ValueTask InitializeAsync()
    {
        _connection = await RawConnection.OpenAsync(cluster);
        await _connection.CreateTopicAsync(_topic, 1);
        var request = new InitProducerIdRequest { TransactionalId = _topic, TransactionTimeoutMs = 60_000 };
        var initialized = await _connection.CallAsync(ApiKey.InitProducerId, 5, request, InitProducerIdResponse.Read);
        Assert.Equal(0, initialized.ErrorCode);
        (_producerId, _epoch) = (initialized.ProducerId, initialized.ProducerEpoch);
    }

    [Fact]
    public async Task Clients_are_told_that_the_second_version_is_there()
    {
        var request = new ApiVersionsRequest { ClientSoftwareName = "raw", ClientSoftwareVersion = "1" };

        var answer = await _connection.CallAsync(ApiKey.ApiVersions, 4, request, ApiVersionsResponse.Read);

        var supported = Assert.Single(answer.SupportedFeatures, static f => f.Name == "transaction.version");
        var finalized = Assert.Single(answer.FinalizedFeatures, static f => f.Name == "transaction.version");
        Assert.Equal((0, 2), (supported.MinVersion, supported.MaxVersion));
        Assert.Equal((2, 2), (finalized.MinVersionLevel, finalized.MaxVersionLevel));
        Assert.True(answer.FinalizedFeaturesEpoch >= 0);
    }

    [Fact]
    public async Task A_commit_shows_records_and_offsets_together_and_bumps_the_epoch()
    {
        Assert.Equal(ErrorCode.None, await ProduceAsync(_epoch));
        Assert.Equal(ErrorCode.None, await CommitOffsetAsync(42));
        Assert.Equal((0, 1), (await EndOffsetAsync(isolation: 1), await EndOffsetAsync(isolation: 0)));
        Assert.Equal((ErrorCode.UnstableOffsetCommit, -1), await OffsetAsync(requireStable: true));
        Assert.Equal((ErrorCode.None, -1), await OffsetAsync(requireStable: false));

        var ended = await EndAsync(_epoch, commit: true);

        Assert.Equal((ErrorCode.None, _producerId, _epoch + 1), ended);
        Assert.Equal(2, await EndOffsetAsync(isolation: 1)); // the record and the marker
        Assert.Equal((ErrorCode.None, 42), await OffsetAsync(requireStable: true));

        // Who did not get the answer asks again with what it had; who did and is late is turned away.
        Assert.Equal(ended, await EndAsync(_epoch, commit: true));
        Assert.Equal(ErrorCode.InvalidTxnState, (await EndAsync(_epoch, commit: false)).Error);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, await ProduceAsync(_epoch));
    }

    [Fact]
    public async Task An_abort_drops_the_offsets()
    {
        Assert.Equal(ErrorCode.None, await ProduceAsync(_epoch));
        Assert.Equal(ErrorCode.None, await CommitOffsetAsync(42));

        Assert.Equal((ErrorCode.None, _producerId, _epoch + 1), await EndAsync(_epoch, commit: false));

        Assert.Equal((ErrorCode.None, -1), await OffsetAsync(requireStable: true));
        Assert.Equal(2, await EndOffsetAsync(isolation: 1));
    }

    [Fact]
    public async Task Operators_see_an_open_transaction_and_abort_it()
    {
        Assert.Equal(ErrorCode.None, await ProduceAsync(_epoch));

        Assert.Equal([_topic], await ListAsync("Ongoing"));
        Assert.Empty(await ListAsync("CompleteAbort"));
        var described = (await _connection.CallAsync(
            ApiKey.DescribeTransactions, 0, new DescribeTransactionsRequest { TransactionalIds = { _topic } }, DescribeTransactionsResponse.Read))
            .TransactionStates[0];
        Assert.Equal(("Ongoing", _producerId, _epoch), (described.TransactionStateValue, described.ProducerId, described.ProducerEpoch));
        Assert.Equal(_topic, Assert.Single(described.Topics).Topic);
        var producers = await _connection.CallAsync(
            ApiKey.DescribeProducers,
            0,
            new DescribeProducersRequest { Topics = { new() { Name = _topic, PartitionIndexes = { 0 } } } },
            DescribeProducersResponse.Read);
        var producer = Assert.Single(producers.Topics[0].Partitions[0].ActiveProducers);
        Assert.Equal((_producerId, 0L), (producer.ProducerId, producer.CurrentTxnStartOffset));

        var marker = new WriteTxnMarkersRequest.WritableTxnMarker
        {
            ProducerId = _producerId, ProducerEpoch = _epoch, Topics = { new() { Name = _topic, PartitionIndexes = { 0 } } },
        };
        var written = await _connection.CallAsync(
            ApiKey.WriteTxnMarkers, 1, new WriteTxnMarkersRequest { Markers = { marker } }, WriteTxnMarkersResponse.Read);

        Assert.Equal(0, written.Markers[0].Topics[0].Partitions[0].ErrorCode);
        Assert.Equal([_topic], await ListAsync("CompleteAbort"));
        Assert.Equal(2, await EndOffsetAsync(isolation: 1));
        Assert.Equal(ErrorCode.ProducerFenced, (await EndAsync(_epoch, commit: true)).Error);
    }

    public async ValueTask DisposeAsync() => await _connection.DisposeAsync();

    private async Task<ErrorCode> ProduceAsync(short epoch)
    {
        var batch = new RecordBatchBuilder { ProducerId = _producerId, ProducerEpoch = epoch, BaseSequence = 0, IsTransactional = true };
        batch.Append(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), null, "value"u8.ToArray());
        var data = new ProduceRequest.PartitionProduceData { Index = 0, Records = new ReadOnlySequence<byte>(batch.Build()) };
        var request = new ProduceRequest
        {
            TransactionalId = _topic,
            Acks = -1,
            TimeoutMs = 30_000,
            TopicData = { new ProduceRequest.TopicProduceData { Name = _topic, PartitionData = { data } } },
        };
        var answer = await _connection.CallAsync(ApiKey.Produce, 12, request, ProduceResponse.Read);
        return (ErrorCode)answer.Responses[0].PartitionResponses[0].ErrorCode;
    }

    private async Task<ErrorCode> CommitOffsetAsync(long offset)
    {
        var partition = new TxnOffsetCommitRequest.TxnOffsetCommitRequestPartition { PartitionIndex = 0, CommittedOffset = offset };
        var request = new TxnOffsetCommitRequest
        {
            TransactionalId = _topic,
            GroupId = _topic,
            ProducerId = _producerId,
            ProducerEpoch = _epoch,
            Topics = { new() { Name = _topic, Partitions = { partition } } },
        };
        var answer = await _connection.CallAsync(ApiKey.TxnOffsetCommit, 5, request, TxnOffsetCommitResponse.Read);
        return (ErrorCode)answer.Topics[0].Partitions[0].ErrorCode;
    }

    private async Task<(ErrorCode Error, long ProducerId, int Epoch)> EndAsync(short epoch, bool commit)
    {
        var request = new EndTxnRequest { TransactionalId = _topic, ProducerId = _producerId, ProducerEpoch = epoch, Committed = commit };
        var answer = await _connection.CallAsync(ApiKey.EndTxn, 5, request, EndTxnResponse.Read);
        return ((ErrorCode)answer.ErrorCode, answer.ProducerId, answer.ProducerEpoch);
    }

    private async Task<(ErrorCode Error, long Offset)> OffsetAsync(bool requireStable)
    {
        var request = new OffsetFetchRequest
        {
            GroupId = _topic, RequireStable = requireStable, Topics = [new() { Name = _topic, PartitionIndexes = { 0 } }],
        };
        var answer = (await _connection.CallAsync(ApiKey.OffsetFetch, 7, request, OffsetFetchResponse.Read)).Topics[0].Partitions[0];
        return ((ErrorCode)answer.ErrorCode, answer.CommittedOffset);
    }

    private async Task<long> EndOffsetAsync(sbyte isolation)
    {
        var request = new ListOffsetsRequest
        {
            ReplicaId = -1,
            IsolationLevel = isolation,
            Topics = { new() { Name = _topic, Partitions = { new() { PartitionIndex = 0, Timestamp = -1 } } } },
        };
        return (await _connection.CallAsync(ApiKey.ListOffsets, 5, request, ListOffsetsResponse.Read)).Topics[0].Partitions[0].Offset;
    }

    private async Task<IEnumerable<string>> ListAsync(string state)
    {
        var request = new ListTransactionsRequest { StateFilters = { state }, TransactionalIdPattern = $"{_topic[..8]}.*" };
        var answer = await _connection.CallAsync(ApiKey.ListTransactions, 2, request, ListTransactionsResponse.Read);
        return answer.TransactionStates.Select(static s => s.TransactionalId);
    }
}
