using Microsoft.AspNetCore.Routing;

namespace Spillway.Rpc.Contracts;

/// <summary>Serves <c>spillway.metadata.v1.Transactions</c> from an implementation in this process.</summary>
public static class TransactionMapping
{
    /// <summary>Maps its methods.</summary>
    public static IEndpointRouteBuilder MapTransactionService(this IEndpointRouteBuilder endpoints, ITransactionService service) =>
        endpoints.MapRpcService(rpc => rpc
            .Unary(
                TransactionMethods.InitProducer,
                (request, context) => service.InitProducerAsync(request, context.CancellationToken))
            .Unary(
                TransactionMethods.AddPartitions,
                (request, context) => service.AddPartitionsAsync(request, context.CancellationToken))
            .Unary(
                TransactionMethods.AddOffsets,
                (request, context) => service.AddOffsetsAsync(request, context.CancellationToken))
            .Unary(
                TransactionMethods.EndTransaction,
                (request, context) => service.EndTransactionAsync(request, context.CancellationToken))
            .Unary(
                TransactionMethods.CommitTransactionOffsets,
                (request, context) => service.CommitTransactionOffsetsAsync(request, context.CancellationToken))
            .Unary(
                TransactionMethods.DescribeTransactions,
                (request, context) => service.DescribeTransactionsAsync(request, context.CancellationToken))
            .Unary(
                TransactionMethods.ListTransactions,
                (request, context) => service.ListTransactionsAsync(request, context.CancellationToken))
            .Unary(
                TransactionMethods.DescribeProducers,
                (request, context) => service.DescribeProducersAsync(request, context.CancellationToken))
            .Unary(
                TransactionMethods.AbortProducer,
                (request, context) => service.AbortProducerAsync(request, context.CancellationToken)));
}
