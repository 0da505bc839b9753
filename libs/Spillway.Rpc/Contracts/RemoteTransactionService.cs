using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>Calls another process for transactions.</summary>
public sealed class RemoteTransactionService(MetadataChannels channels) : ITransactionService
{
    /// <inheritdoc/>
    public Task<InitProducerResult> InitProducerAsync(InitProducerCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(TransactionMethods.InitProducer, request, CallRule.IfNotDone, cancellationToken);

    /// <inheritdoc/>
    public Task<AddPartitionsResult> AddPartitionsAsync(AddPartitionsCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(TransactionMethods.AddPartitions, request, CallRule.IfNotDone, cancellationToken);

    /// <inheritdoc/>
    public Task<AddOffsetsResult> AddOffsetsAsync(AddOffsetsCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(TransactionMethods.AddOffsets, request, CallRule.IfNotDone, cancellationToken);

    /// <inheritdoc/>
    public Task<EndTransactionResult> EndTransactionAsync(EndTransactionCall request, CancellationToken cancellationToken)
    {
        var waitedMs = request.WaitedMs;
        return channels.UnaryAsync(
            TransactionMethods.EndTransaction,
            request,
            CallRule.IfNotDone,
            cancellationToken,
            repeating: since => request.WaitedMs = waitedMs + (long)since.TotalMilliseconds);
    }

    /// <inheritdoc/>
    public Task<CommitTransactionOffsetsResult> CommitTransactionOffsetsAsync(
        CommitTransactionOffsetsCall request, CancellationToken cancellationToken)
    {
        var waitedMs = request.WaitedMs;
        return channels.UnaryAsync(
            TransactionMethods.CommitTransactionOffsets,
            request,
            CallRule.IfNotDone,
            cancellationToken,
            repeating: since => request.WaitedMs = waitedMs + (long)since.TotalMilliseconds);
    }

    /// <inheritdoc/>
    public Task<DescribeTransactionsResult> DescribeTransactionsAsync(
        DescribeTransactionsCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(TransactionMethods.DescribeTransactions, request, CallRule.Repeatable, cancellationToken);

    /// <inheritdoc/>
    public Task<ListTransactionsResult> ListTransactionsAsync(ListTransactionsCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(TransactionMethods.ListTransactions, request, CallRule.Repeatable, cancellationToken);

    /// <inheritdoc/>
    public Task<DescribeProducersResult> DescribeProducersAsync(DescribeProducersCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(TransactionMethods.DescribeProducers, request, CallRule.Repeatable, cancellationToken);

    /// <inheritdoc/>
    public Task<AbortProducerResult> AbortProducerAsync(AbortProducerCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(TransactionMethods.AbortProducer, request, CallRule.IfNotDone, cancellationToken);
}
