using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Transactions;

/// <summary>
/// InitProducerId: a fresh id from this frontend's block, or, with a transactional id, the coordinator's answer: the next epoch, all
/// older producers of the id fenced and what they left open aborted (KIP-98, KIP-360).
/// </summary>
internal sealed class InitProducerIdHandler(
    ITransactionService transactions, ProducerIdBlocks blocks, ILogger<InitProducerIdHandler> logger)
    : ApiHandler<InitProducerIdRequest, InitProducerIdResponse>(logger)
{
    public override ApiKey ApiKey => ApiKey.InitProducerId;

    protected override async ValueTask<InitProducerIdResponse> HandleAsync(RequestContext context, InitProducerIdRequest request)
    {
        if (request.ProducerId == -1 != (request.ProducerEpoch == -1) || request.TransactionalId is "")
        {
            return Failed(ErrorCode.InvalidRequest);
        }

        if (request.TransactionalId is null)
        {
            // The producer bumps its epoch by itself and comes here for a new id only (KIP-360).
            var producerId = await blocks.TakeAsync(context.Aborted).ConfigureAwait(false);
            return new InitProducerIdResponse { ProducerId = producerId, ProducerEpoch = 0 };
        }

        var call = new InitProducerCall
        {
            TransactionalId = request.TransactionalId,
            TransactionTimeoutMs = request.TransactionTimeoutMs,
            ProducerId = request.ProducerId,
            ProducerEpoch = request.ProducerEpoch,
        };
        var result = await transactions.InitProducerAsync(call, context.Aborted).ConfigureAwait(false);
        return result.ErrorCode != 0
            ? Failed(TransactionErrors.ToVersion(ApiKey, context.ApiVersion, (ErrorCode)result.ErrorCode))
            : new InitProducerIdResponse { ProducerId = result.ProducerId, ProducerEpoch = (short)result.ProducerEpoch };
    }

    protected override InitProducerIdResponse Fail(RequestContext context, InitProducerIdRequest request, ErrorCode error) => Failed(error);

    private static InitProducerIdResponse Failed(ErrorCode error) =>
        new() { ErrorCode = (short)error, ProducerId = -1, ProducerEpoch = -1 };
}
