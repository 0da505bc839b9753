using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.Rpc.Metadata;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Handlers.Transactions;

/// <summary>What operators ask about transactions and do to them (KIP-664), and the features of the cluster.</summary>
public sealed class TransactionToolTests : IAsyncDisposable
{
    private readonly TransactionHandlerContext _context = new();

    [Theory]
    [InlineData("ghost", 0, ErrorCode.UnknownTopicOrPartition)]
    [InlineData("t", 2, ErrorCode.UnknownTopicOrPartition)]
    [InlineData("no/topic", 0, ErrorCode.InvalidTopicException)]
    public async Task Producers_of_a_partition_that_is_none(string topic, int partition, ErrorCode expected)
    {
        var response = await _context.AskAsync<DescribeProducersResponse>(
            ApiKey.DescribeProducers, 0, TransactionRequests.DescribeProducers((topic, partition)));

        Assert.Equal([(short)expected], TransactionRequests.Errors(response));
        Assert.Empty(_context.Service.Asked);
    }

    [Fact]
    public async Task Producers_of_a_partition()
    {
        _context.Service.Producers = new DescribeProducersResult
        {
            Logs =
            {
                new LogProducers
                {
                    Producers =
                    {
                        new ActiveProducer
                        {
                            ProducerId = 4000, ProducerEpoch = 7, LastSequence = 12, LastTimestampMs = 99, CoordinatorEpoch = -1,
                            TransactionFirstOffset = 5,
                        },
                    },
                },
            },
        };

        var response = await _context.AskAsync<DescribeProducersResponse>(
            ApiKey.DescribeProducers, 0, TransactionRequests.DescribeProducers(("t", 1)));

        Assert.Equal([11L], _context.Service.Last<DescribeProducersCall>().LogIds);
        var producer = Assert.Single(response.Topics[0].Partitions[0].ActiveProducers);
        Assert.Equal(
            (4000L, 7, 12, 99L, -1, 5L),
            (producer.ProducerId, producer.ProducerEpoch, producer.LastSequence, producer.LastTimestamp, producer.CoordinatorEpoch,
                producer.CurrentTxnStartOffset));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_marker_can_abort_and_not_commit(int version)
    {
        var abort = await _context.AskAsync<WriteTxnMarkersResponse>(
            ApiKey.WriteTxnMarkers, version, TransactionRequests.Marker(commit: false, ("t", 1), ("ghost", 0)));

        var call = _context.Service.Last<AbortProducerCall>();
        Assert.Equal((4000L, 7, 11L), (call.ProducerId, call.ProducerEpoch, Assert.Single(call.LogIds)));
        Assert.Equal([(short)0, (short)ErrorCode.UnknownTopicOrPartition], TransactionRequests.Errors(abort));

        var commit = await _context.AskAsync<WriteTxnMarkersResponse>(
            ApiKey.WriteTxnMarkers, version, TransactionRequests.Marker(commit: true, ("t", 1)));

        Assert.Equal([(short)ErrorCode.InvalidRequest], TransactionRequests.Errors(commit));
        Assert.Single(_context.Service.Asked);
    }

    [Fact]
    public async Task A_marker_older_than_the_producer_is_refused()
    {
        _context.Service.Error = ErrorCode.InvalidProducerEpoch;

        var response = await _context.AskAsync<WriteTxnMarkersResponse>(
            ApiKey.WriteTxnMarkers, 1, TransactionRequests.Marker(commit: false, ("t", 0)));

        Assert.Equal([(short)ErrorCode.InvalidProducerEpoch], TransactionRequests.Errors(response));
    }

    [Fact]
    public async Task Transactions_are_described_one_by_one()
    {
        _context.Service.Described = new DescribeTransactionsResult
        {
            Transactions =
            {
                new DescribedTransaction
                {
                    TransactionalId = "ghost", ErrorCode = (int)ErrorCode.TransactionalIdNotFound, ProducerId = -1, ProducerEpoch = -1,
                },
                new DescribedTransaction
                {
                    TransactionalId = "id", State = "Ongoing", TimeoutMs = 60_000, StartTimeMs = 5, ProducerId = 4000, ProducerEpoch = 7,
                    Topics = { new TransactionTopic { Name = "t", Partitions = { 0, 1 } } },
                },
            },
        };

        var response = await _context.AskAsync<DescribeTransactionsResponse>(
            ApiKey.DescribeTransactions, 0, new DescribeTransactionsRequest { TransactionalIds = { "ghost", "id" } });

        Assert.Equal(["ghost", "id"], _context.Service.Last<DescribeTransactionsCall>().TransactionalIds);
        Assert.Equal(((short)ErrorCode.TransactionalIdNotFound, "ghost"),
            (response.TransactionStates[0].ErrorCode, response.TransactionStates[0].TransactionalId));
        var state = response.TransactionStates[1];
        Assert.Equal(
            ("Ongoing", 60_000, 5L, 4000L, (short)7),
            (state.TransactionStateValue, state.TransactionTimeoutMs, state.TransactionStartTimeMs, state.ProducerId, state.ProducerEpoch));
        Assert.Equal([0, 1], Assert.Single(state.Topics).Partitions);
    }

    // Clients ask all brokers and put the answers one behind another: each id is to be there once.
    [Fact]
    public async Task A_frontend_lists_what_falls_to_it()
    {
        var all = Enumerable.Range(0, 40).Select(i => $"id-{i}").ToList();
        _context.Service.Listed = new ListTransactionsResult
        {
            Transactions = { all.Select(id => new ListedTransaction { TransactionalId = id, ProducerId = 1, State = "Ongoing" }) },
        };

        var response = await _context.AskAsync<ListTransactionsResponse>(ApiKey.ListTransactions, 2, new ListTransactionsRequest());

        var listed = response.TransactionStates.Select(s => s.TransactionalId).ToList();
        Assert.Equal(all.Where(id => _context.Brokers.CoordinatorOf("", id)!.NodeId == 1), listed);
        Assert.InRange(listed.Count, 1, all.Count - 1);
    }

    [Fact]
    public async Task Filters_are_the_coordinators_to_judge()
    {
        _context.Service.Listed = new ListTransactionsResult
        {
            ErrorCode = (int)ErrorCode.InvalidRegularExpression, UnknownStates = { "Nonsense" },
        };
        var request = new ListTransactionsRequest
        {
            StateFilters = { "Ongoing", "Nonsense" }, ProducerIdFilters = { 5 }, DurationFilter = 1000, TransactionalIdPattern = "(",
        };

        var response = await _context.AskAsync<ListTransactionsResponse>(ApiKey.ListTransactions, 2, request);

        var call = _context.Service.Last<ListTransactionsCall>();
        Assert.Equal(["Ongoing", "Nonsense"], call.States);
        Assert.Equal((5L, 1000L, "("), (Assert.Single(call.ProducerIds), call.DurationMs, call.IdPattern));
        Assert.Equal((short)ErrorCode.InvalidRegularExpression, response.ErrorCode);
        Assert.Equal(["Nonsense"], response.UnknownStateFilters);
    }

    [Fact]
    public async Task Without_filters_all_are_asked_for()
    {
        await _context.AskAsync<ListTransactionsResponse>(ApiKey.ListTransactions, 0, new ListTransactionsRequest());

        var call = _context.Service.Last<ListTransactionsCall>();
        Assert.Equal((0, 0, -1L, ""), (call.States.Count, call.ProducerIds.Count, call.DurationMs, call.IdPattern));
    }

    // KIP-584: a client that saw an epoch takes nothing older, and neither do we.
    [Fact]
    public void Features_never_go_back()
    {
        var features = new ClusterFeatures();
        features.Learn(Update(3, 2));
        features.Learn(Update(2, 1));
        features.Learn(new ImageUpdate());

        Assert.Equal(3, features.Current.Epoch);
        Assert.Equal(2, Assert.Single(features.Current.Features).Level);
    }

    public ValueTask DisposeAsync() => _context.DisposeAsync();

    private static ImageUpdate Update(long epoch, int level) => new()
    {
        FeaturesEpoch = epoch, Features = { new FeatureImage { Name = "transaction.version", LevelMax = 2, Level = level } },
    };
}
