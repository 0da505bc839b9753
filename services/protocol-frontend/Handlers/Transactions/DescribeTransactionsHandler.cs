using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Transactions;

/// <summary>DescribeTransactions (KIP-664).</summary>
internal sealed class DescribeTransactionsHandler(ITransactionService transactions, ILogger<DescribeTransactionsHandler> logger)
    : ApiHandler<DescribeTransactionsRequest, DescribeTransactionsResponse>(logger)
{
    public override ApiKey ApiKey => ApiKey.DescribeTransactions;

    protected override async ValueTask<DescribeTransactionsResponse> HandleAsync(
        RequestContext context, DescribeTransactionsRequest request)
    {
        var result = await transactions.DescribeTransactionsAsync(
            new DescribeTransactionsCall { TransactionalIds = { request.TransactionalIds } }, context.Aborted).ConfigureAwait(false);
        var response = new DescribeTransactionsResponse();
        foreach (var transaction in result.Transactions)
        {
            response.TransactionStates.Add(ToResponse(transaction));
        }

        return response;
    }

    protected override DescribeTransactionsResponse Fail(RequestContext context, DescribeTransactionsRequest request, ErrorCode error)
    {
        var response = new DescribeTransactionsResponse();
        foreach (var transactionalId in request.TransactionalIds)
        {
            response.TransactionStates.Add(new() { TransactionalId = transactionalId, ErrorCode = (short)error });
        }

        return response;
    }

    private static DescribeTransactionsResponse.TransactionState ToResponse(DescribedTransaction transaction)
    {
        // Kafka's answer about an id that it does not know has nothing but the error in it.
        if (transaction.ErrorCode != 0)
        {
            return new() { TransactionalId = transaction.TransactionalId, ErrorCode = (short)transaction.ErrorCode };
        }

        var state = new DescribeTransactionsResponse.TransactionState
        {
            TransactionalId = transaction.TransactionalId,
            TransactionStateValue = transaction.State,
            TransactionTimeoutMs = transaction.TimeoutMs,
            TransactionStartTimeMs = transaction.StartTimeMs,
            ProducerId = transaction.ProducerId,
            ProducerEpoch = (short)transaction.ProducerEpoch,
        };
        foreach (var topic in transaction.Topics)
        {
            state.Topics.Add(new() { Topic = topic.Name, Partitions = [.. topic.Partitions] });
        }

        return state;
    }
}
