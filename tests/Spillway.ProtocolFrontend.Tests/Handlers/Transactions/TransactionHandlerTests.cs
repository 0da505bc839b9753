using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Rpc.Metadata;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Handlers.Transactions;

/// <summary>What a producer asks, what the coordinator is asked for it, and what the frontend answers by itself.</summary>
public sealed class TransactionHandlerTests : IAsyncDisposable
{
    private readonly TransactionHandlerContext _context = new();

    // KafkaApis: one of the two alone makes no sense.
    [Theory]
    [InlineData(null, 4000L, (short)-1)]
    [InlineData("id", -1L, (short)3)]
    [InlineData("", -1L, (short)-1)]
    public async Task An_id_without_an_epoch_or_an_empty_name_is_no_request(string? transactionalId, long producerId, short epoch)
    {
        var request = new InitProducerIdRequest { TransactionalId = transactionalId, ProducerId = producerId, ProducerEpoch = epoch };

        var response = await _context.AskAsync<InitProducerIdResponse>(ApiKey.InitProducerId, 4, request);

        Assert.Equal(
            ((short)ErrorCode.InvalidRequest, -1L, (short)-1), (response.ErrorCode, response.ProducerId, response.ProducerEpoch));
        Assert.Empty(_context.Service.Asked);
    }

    [Theory]
    [InlineData(2, -1L, -1)]
    [InlineData(3, 4000L, 7)]
    public async Task A_producer_says_what_it_had_from_KIP_360_on(int version, long producerId, int epoch)
    {
        var response = await _context.AskAsync<InitProducerIdResponse>(ApiKey.InitProducerId, version, TransactionRequests.Init(version));

        var call = _context.Service.Last<InitProducerCall>();
        Assert.Equal(
            ("id", 60_000, producerId, epoch), (call.TransactionalId, call.TransactionTimeoutMs, call.ProducerId, call.ProducerEpoch));
        Assert.Equal(((short)0, 4000L, (short)7), (response.ErrorCode, response.ProducerId, response.ProducerEpoch));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(4, 1)]
    [InlineData(5, 2)]
    public async Task The_end_bumps_the_epoch_of_those_who_know(int version, int transactionVersion)
    {
        var response = await _context.AskAsync<EndTxnResponse>(ApiKey.EndTxn, version, TransactionRequests.End(commit: true));

        var call = _context.Service.Last<EndTransactionCall>();
        Assert.Equal((4000L, 7, true, transactionVersion), (call.ProducerId, call.ProducerEpoch, call.Commit, call.TransactionVersion));
        Assert.Equal(
            version >= 5 ? (4000L, (short)8) : (-1L, (short)-1), (response.ProducerId, response.ProducerEpoch));
    }

    [Fact]
    public async Task An_end_that_is_refused_says_no_epoch()
    {
        _context.Service.Error = ErrorCode.InvalidTxnState;

        var response = await _context.AskAsync<EndTxnResponse>(ApiKey.EndTxn, 5, TransactionRequests.End(commit: false));

        Assert.Equal(
            ((short)ErrorCode.InvalidTxnState, -1L, (short)-1), (response.ErrorCode, response.ProducerId, response.ProducerEpoch));
    }

    /// <summary>With TV1 the coordinator has nothing else to tell a call that was left behind by.</summary>
    [Fact]
    public async Task The_coordinator_is_told_how_long_a_call_has_waited()
    {
        _context.Time.Step = TimeSpan.FromSeconds(1);

        await _context.AskAsync<EndTxnResponse>(ApiKey.EndTxn, 4, TransactionRequests.End(commit: true));
        Assert.InRange(_context.Service.Last<EndTransactionCall>().WaitedMs, 1_000, 60_000);
        await _context.AskAsync<TxnOffsetCommitResponse>(ApiKey.TxnOffsetCommit, 4, TransactionRequests.CommitOffsets(("t", 0)));
        Assert.InRange(_context.Service.Last<CommitTransactionOffsetsCall>().WaitedMs, 1_000, 60_000);
    }

    // KIP-98: all or nothing, and the client is told which of them it was.
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task One_unknown_partition_keeps_all_out_of_the_transaction(int version)
    {
        var response = await _context.AskAsync<AddPartitionsToTxnResponse>(
            ApiKey.AddPartitionsToTxn, version, TransactionRequests.AddPartitions(version, ("t", 0), ("t", 2), ("ghost", 0)));

        Assert.Equal(
            [(short)ErrorCode.OperationNotAttempted, (short)ErrorCode.UnknownTopicOrPartition, (short)ErrorCode.UnknownTopicOrPartition],
            TransactionRequests.Errors(response));
        Assert.Empty(_context.Service.Asked);
        Assert.Equal(1, _context.Images.BarrierCount);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public async Task Partitions_are_added_by_their_logs(int version)
    {
        var response = await _context.AskAsync<AddPartitionsToTxnResponse>(
            ApiKey.AddPartitionsToTxn, version, TransactionRequests.AddPartitions(version, ("t", 1), ("t", 0)));

        Assert.Equal([11L, 10L], _context.Service.Last<AddPartitionsCall>().LogIds);
        Assert.Equal([(short)0, (short)0], TransactionRequests.Errors(response));
    }

    // KIP-890: what a broker asks before it appends. Nothing is added by it.
    [Theory]
    [InlineData("Ongoing", 7, ErrorCode.None, ErrorCode.TransactionAbortable)]
    [InlineData("Ongoing", 8, ErrorCode.ProducerFenced, ErrorCode.ProducerFenced)]
    [InlineData("CompleteCommit", 7, ErrorCode.TransactionAbortable, ErrorCode.TransactionAbortable)]
    public async Task Verification_only_looks(string state, int epoch, ErrorCode added, ErrorCode other)
    {
        _context.Service.Described = new DescribeTransactionsResult
        {
            Transactions =
            {
                new DescribedTransaction
                {
                    TransactionalId = "id", ProducerId = 4000, ProducerEpoch = epoch, State = state,
                    Topics = { new TransactionTopic { Name = "t", Partitions = { 0 } } },
                },
            },
        };
        var request = TransactionRequests.AddPartitions(5, ("t", 0), ("t", 1));
        request.Transactions[0].VerifyOnly = true;

        var response = await _context.AskAsync<AddPartitionsToTxnResponse>(ApiKey.AddPartitionsToTxn, 5, request);

        Assert.Equal([(short)added, (short)other], TransactionRequests.Errors(response));
        Assert.IsType<DescribeTransactionsCall>(Assert.Single(_context.Service.Asked));
    }

    [Fact]
    public async Task Offsets_of_unknown_partitions_fail_alone()
    {
        var response = await _context.AskAsync<TxnOffsetCommitResponse>(
            ApiKey.TxnOffsetCommit, 3, TransactionRequests.CommitOffsets(("ghost", 0), ("t", 1), ("t", 5)));

        Assert.Equal(
            [(short)ErrorCode.UnknownTopicOrPartition, (short)0, (short)ErrorCode.UnknownTopicOrPartition],
            TransactionRequests.Errors(response));
        var offset = Assert.Single(_context.Service.Last<CommitTransactionOffsetsCall>().Offsets);
        Assert.Equal(
            (TransactionHandlerContext.Bytes(_context.TopicId), 1, 42L, ""), (offset.TopicId, offset.Partition, offset.Offset, offset.Metadata));
    }

    // KIP-447: who consumes. KIP-890: from v5 on the group need not have been added.
    [Theory]
    [InlineData(2, 1, -1, "")]
    [InlineData(3, 1, 5, "m")]
    [InlineData(5, 2, 5, "m")]
    public async Task Offsets_come_with_the_member_that_consumed(int version, int transactionVersion, int generation, string member)
    {
        var request = TransactionRequests.CommitOffsets(("t", 0));
        if (version >= 3)
        {
            (request.GenerationId, request.MemberId, request.GroupInstanceId) = (5, "m", "i");
        }

        await _context.AskAsync<TxnOffsetCommitResponse>(ApiKey.TxnOffsetCommit, version, request);

        var call = _context.Service.Last<CommitTransactionOffsetsCall>();
        Assert.Equal(
            (transactionVersion, "g", generation, member, version >= 3),
            (call.TransactionVersion, call.GroupId, call.GenerationId, call.MemberId, call.HasGroupInstanceId));
    }

    [Theory]
    [InlineData(ErrorCode.IllegalGeneration)]
    [InlineData(ErrorCode.UnknownMemberId)]
    [InlineData(ErrorCode.FencedInstanceId)]
    [InlineData(ErrorCode.InvalidProducerEpoch)]
    public async Task What_the_group_says_is_handed_on(ErrorCode error)
    {
        _context.Service.Error = error;

        var response = await _context.AskAsync<TxnOffsetCommitResponse>(
            ApiKey.TxnOffsetCommit, 3, TransactionRequests.CommitOffsets(("t", 0)));

        Assert.Equal([(short)error], TransactionRequests.Errors(response));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(6)]
    public async Task The_coordinator_of_a_transactional_id_is_found(int version)
    {
        var request = new FindCoordinatorRequest { KeyType = version >= 1 ? (sbyte)1 : (sbyte)0 };
        if (version >= 4)
        {
            request.CoordinatorKeys.Add("id");
        }
        else
        {
            request.Key = "id";
        }

        var response = await _context.AskAsync<FindCoordinatorResponse>(ApiKey.FindCoordinator, version, request);

        var (error, node) = version >= 4
            ? (response.Coordinators[0].ErrorCode, response.Coordinators[0].NodeId)
            : (response.ErrorCode, response.NodeId);
        Assert.Equal(0, error);
        Assert.Equal(_context.Brokers.CoordinatorOf("", "id")!.NodeId, node);
    }

    public ValueTask DisposeAsync() => _context.DisposeAsync();
}
