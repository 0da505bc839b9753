using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Rpc;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Handlers.Transactions;

/// <summary>Which code each version of each API is told: by the coordinator, and where nobody knows what happened.</summary>
public sealed class TransactionErrorTests : IAsyncDisposable
{
    private readonly TransactionHandlerContext _context = new();

    // KIP-588: clients of before take INVALID_PRODUCER_EPOCH for the end of the producer, and do not know PRODUCER_FENCED.
    [Theory]
    [InlineData(ApiKey.InitProducerId, 3, ErrorCode.InvalidProducerEpoch)]
    [InlineData(ApiKey.InitProducerId, 4, ErrorCode.ProducerFenced)]
    [InlineData(ApiKey.AddPartitionsToTxn, 1, ErrorCode.InvalidProducerEpoch)]
    [InlineData(ApiKey.AddPartitionsToTxn, 2, ErrorCode.ProducerFenced)]
    [InlineData(ApiKey.AddPartitionsToTxn, 4, ErrorCode.ProducerFenced)]
    [InlineData(ApiKey.AddOffsetsToTxn, 1, ErrorCode.InvalidProducerEpoch)]
    [InlineData(ApiKey.AddOffsetsToTxn, 2, ErrorCode.ProducerFenced)]
    [InlineData(ApiKey.EndTxn, 1, ErrorCode.InvalidProducerEpoch)]
    [InlineData(ApiKey.EndTxn, 2, ErrorCode.ProducerFenced)]
    [InlineData(ApiKey.EndTxn, 5, ErrorCode.ProducerFenced)]
    [InlineData(ApiKey.TxnOffsetCommit, 2, ErrorCode.InvalidProducerEpoch)]
    [InlineData(ApiKey.TxnOffsetCommit, 5, ErrorCode.InvalidProducerEpoch)]
    public async Task A_fenced_producer_is_told_in_words_of_its_time(ApiKey apiKey, int version, ErrorCode expected)
    {
        _context.Service.Error = ErrorCode.ProducerFenced;

        Assert.Equal([expected], await ErrorsAsync(apiKey, version));
    }

    // KIP-890.
    [Theory]
    [InlineData(ApiKey.InitProducerId, 4, ErrorCode.InvalidTxnState)]
    [InlineData(ApiKey.InitProducerId, 5, ErrorCode.TransactionAbortable)]
    [InlineData(ApiKey.AddPartitionsToTxn, 3, ErrorCode.InvalidTxnState)]
    [InlineData(ApiKey.AddPartitionsToTxn, 5, ErrorCode.TransactionAbortable)]
    [InlineData(ApiKey.AddOffsetsToTxn, 3, ErrorCode.InvalidTxnState)]
    [InlineData(ApiKey.AddOffsetsToTxn, 4, ErrorCode.TransactionAbortable)]
    [InlineData(ApiKey.EndTxn, 3, ErrorCode.InvalidTxnState)]
    [InlineData(ApiKey.EndTxn, 4, ErrorCode.TransactionAbortable)]
    [InlineData(ApiKey.TxnOffsetCommit, 3, ErrorCode.InvalidTxnState)]
    [InlineData(ApiKey.TxnOffsetCommit, 4, ErrorCode.TransactionAbortable)]
    public async Task Only_who_knows_the_word_is_told_to_abort(ApiKey apiKey, int version, ErrorCode expected)
    {
        _context.Service.Error = ErrorCode.TransactionAbortable;

        Assert.Equal([expected], await ErrorsAsync(apiKey, version));
    }

    // P4: nobody knows what happened, so the client asks again; these are the codes after which it does.
    [Theory]
    [InlineData(RpcStatusCode.Unavailable)]
    [InlineData(RpcStatusCode.DeadlineExceeded)]
    [InlineData(RpcStatusCode.Aborted)]
    [InlineData(RpcStatusCode.Unknown)]
    public async Task An_unknown_outcome_is_asked_again_in_every_api_and_version(RpcStatusCode failure)
    {
        _context.Service.Failure = failure;
        ApiKey[] apis =
        [
            ApiKey.InitProducerId, ApiKey.AddPartitionsToTxn, ApiKey.AddOffsetsToTxn, ApiKey.EndTxn, ApiKey.TxnOffsetCommit,
            ApiKey.DescribeTransactions,
        ];
        foreach (var apiKey in apis)
        {
            for (var version = MessageCatalog.MinVersion(apiKey); version <= MessageCatalog.MaxStableVersion(apiKey); version++)
            {
                var errors = await ErrorsAsync(apiKey, version);

                Assert.All(errors, error => Assert.Contains(error, new[] { ErrorCode.CoordinatorNotAvailable, ErrorCode.NotCoordinator }));
                Assert.NotEmpty(errors);
            }
        }
    }

    [Theory]
    [InlineData(ApiKey.ListTransactions, 0, ErrorCode.CoordinatorLoadInProgress)]
    [InlineData(ApiKey.ListTransactions, 2, ErrorCode.CoordinatorLoadInProgress)]
    [InlineData(ApiKey.DescribeProducers, 0, ErrorCode.NotLeaderOrFollower)]
    [InlineData(ApiKey.WriteTxnMarkers, 1, ErrorCode.NotLeaderOrFollower)]
    public async Task Tools_are_told_the_one_code_after_which_they_ask_again(ApiKey apiKey, int version, ErrorCode expected)
    {
        _context.Service.Failure = RpcStatusCode.Unavailable;

        Assert.Equal([expected], await ErrorsAsync(apiKey, version));
    }

    public ValueTask DisposeAsync() => _context.DisposeAsync();

    private async Task<ErrorCode[]> ErrorsAsync(ApiKey apiKey, int version) => [.. (await AskAsync(apiKey, version)).Select(e => (ErrorCode)e)];

    private async Task<IEnumerable<short>> AskAsync(ApiKey apiKey, int version) => apiKey switch
    {
        ApiKey.InitProducerId =>
            [(await _context.AskAsync<InitProducerIdResponse>(apiKey, version, TransactionRequests.Init(version))).ErrorCode],
        ApiKey.AddPartitionsToTxn => TransactionRequests.Errors(
            await _context.AskAsync<AddPartitionsToTxnResponse>(apiKey, version, TransactionRequests.AddPartitions(version, ("t", 0)))),
        ApiKey.AddOffsetsToTxn =>
            [(await _context.AskAsync<AddOffsetsToTxnResponse>(apiKey, version, TransactionRequests.AddOffsets())).ErrorCode],
        ApiKey.EndTxn => [(await _context.AskAsync<EndTxnResponse>(apiKey, version, TransactionRequests.End(commit: true))).ErrorCode],
        ApiKey.TxnOffsetCommit => TransactionRequests.Errors(
            await _context.AskAsync<TxnOffsetCommitResponse>(apiKey, version, TransactionRequests.CommitOffsets(("t", 0)))),
        ApiKey.DescribeTransactions =>
            (await _context.AskAsync<DescribeTransactionsResponse>(
                apiKey, version, new DescribeTransactionsRequest { TransactionalIds = { "id" } })).TransactionStates.Select(s => s.ErrorCode),
        ApiKey.ListTransactions =>
            [(await _context.AskAsync<ListTransactionsResponse>(apiKey, version, new ListTransactionsRequest())).ErrorCode],
        ApiKey.DescribeProducers => TransactionRequests.Errors(
            await _context.AskAsync<DescribeProducersResponse>(apiKey, version, TransactionRequests.DescribeProducers(("t", 0)))),
        ApiKey.WriteTxnMarkers => TransactionRequests.Errors(
            await _context.AskAsync<WriteTxnMarkersResponse>(apiKey, version, TransactionRequests.Marker(commit: false, ("t", 0)))),
        _ => throw new ArgumentOutOfRangeException(nameof(apiKey), apiKey, null),
    };
}
