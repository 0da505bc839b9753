using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Transactions;

/// <summary>
/// ListTransactions (KIP-664; KIP-994: for how long; KIP-1152: by pattern). Clients ask every broker and put the answers one behind another, so
/// each frontend lists only what falls to it.
/// </summary>
internal sealed class ListTransactionsHandler(
    ITransactionService transactions, Brokers brokers, ILogger<ListTransactionsHandler> logger)
    : ApiHandler<ListTransactionsRequest, ListTransactionsResponse>(logger)
{
    public override ApiKey ApiKey => ApiKey.ListTransactions;

    protected override async ValueTask<ListTransactionsResponse> HandleAsync(RequestContext context, ListTransactionsRequest request)
    {
        var call = new ListTransactionsCall
        {
            States = { request.StateFilters },
            ProducerIds = { request.ProducerIdFilters },
            DurationMs = request.DurationFilter,
            IdPattern = request.TransactionalIdPattern ?? "",
        };
        var result = await transactions.ListTransactionsAsync(call, context.Aborted).ConfigureAwait(false);
        var response = new ListTransactionsResponse { ErrorCode = (short)result.ErrorCode, UnknownStateFilters = [.. result.UnknownStates] };
        foreach (var transaction in result.Transactions)
        {
            // Whatever the client's zone: the frontends of all zones are asked.
            if (brokers.CoordinatorOf("", transaction.TransactionalId)?.NodeId == brokers.OwnNodeId)
            {
                response.TransactionStates.Add(new()
                {
                    TransactionalId = transaction.TransactionalId,
                    ProducerId = transaction.ProducerId,
                    TransactionStateValue = transaction.State,
                });
            }
        }

        return response;
    }

    // To the Java client COORDINATOR_NOT_AVAILABLE is the end here, and this the code after which it asks again.
    protected override ListTransactionsResponse Fail(RequestContext context, ListTransactionsRequest request, ErrorCode error) =>
        new() { ErrorCode = (short)(ErrorCodes.IsRetriable(error) ? ErrorCode.CoordinatorLoadInProgress : error) };
}
