using Spillway.Kafka.Errors;
using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Handlers.Transactions;

/// <summary>Remembers what it was asked and answers as the test says: an error for everything, or what is set.</summary>
internal sealed class FakeTransactionService : ITransactionService
{
    /// <summary>Every call ends like this.</summary>
    public RpcStatusCode? Failure { get; set; }

    /// <summary>What the coordinator answers for everything that it is asked.</summary>
    public ErrorCode Error { get; set; }

    public List<object> Asked { get; } = [];

    public DescribeTransactionsResult Described { get; set; } = new();

    public ListTransactionsResult Listed { get; set; } = new();

    public DescribeProducersResult Producers { get; set; } = new();

    public T Last<T>() => Assert.IsType<T>(Asked[^1]);

    public Task<InitProducerResult> InitProducerAsync(InitProducerCall request, CancellationToken cancellationToken) => AnswerAsync(
        request, new InitProducerResult { ErrorCode = (int)Error, ProducerId = 4000, ProducerEpoch = 7 });

    public Task<AddPartitionsResult> AddPartitionsAsync(AddPartitionsCall request, CancellationToken cancellationToken) => AnswerAsync(
        request, new AddPartitionsResult { ErrorCodes = { request.LogIds.Select(_ => (int)Error) } });

    public Task<AddOffsetsResult> AddOffsetsAsync(AddOffsetsCall request, CancellationToken cancellationToken) =>
        AnswerAsync(request, new AddOffsetsResult { ErrorCode = (int)Error });

    public Task<EndTransactionResult> EndTransactionAsync(EndTransactionCall request, CancellationToken cancellationToken) => AnswerAsync(
        request, new EndTransactionResult { ErrorCode = (int)Error, ProducerId = 4000, ProducerEpoch = 8 });

    public Task<CommitTransactionOffsetsResult> CommitTransactionOffsetsAsync(
        CommitTransactionOffsetsCall request, CancellationToken cancellationToken) => AnswerAsync(
        request, new CommitTransactionOffsetsResult { ErrorCodes = { request.Offsets.Select(_ => (int)Error) } });

    public Task<DescribeTransactionsResult> DescribeTransactionsAsync(
        DescribeTransactionsCall request, CancellationToken cancellationToken) => AnswerAsync(request, Described);

    public Task<ListTransactionsResult> ListTransactionsAsync(ListTransactionsCall request, CancellationToken cancellationToken) =>
        AnswerAsync(request, Listed);

    public Task<DescribeProducersResult> DescribeProducersAsync(DescribeProducersCall request, CancellationToken cancellationToken) =>
        AnswerAsync(request, Producers);

    public Task<AbortProducerResult> AbortProducerAsync(AbortProducerCall request, CancellationToken cancellationToken) => AnswerAsync(
        request, new AbortProducerResult { ErrorCodes = { request.LogIds.Select(_ => (int)Error) } });

    private Task<T> AnswerAsync<T>(object request, T answer)
    {
        Asked.Add(request);
        return Failure is { } code ? throw new RpcException(code, "the test says so") : Task.FromResult(answer);
    }
}
