using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Transactions;

/// <summary>AddOffsetsToTxn: the group whose offsets a transaction will commit (KIP-98). Producers of TV2 have no need of it.</summary>
internal sealed class AddOffsetsToTxnHandler(ITransactionService transactions, ILogger<AddOffsetsToTxnHandler> logger)
    : ApiHandler<AddOffsetsToTxnRequest, AddOffsetsToTxnResponse>(logger)
{
    public override ApiKey ApiKey => ApiKey.AddOffsetsToTxn;

    protected override async ValueTask<AddOffsetsToTxnResponse> HandleAsync(RequestContext context, AddOffsetsToTxnRequest request)
    {
        var call = new AddOffsetsCall
        {
            TransactionalId = request.TransactionalId,
            ProducerId = request.ProducerId,
            ProducerEpoch = request.ProducerEpoch,
            GroupId = request.GroupId,
        };
        var result = await transactions.AddOffsetsAsync(call, context.Aborted).ConfigureAwait(false);
        return Fail(context, request, (ErrorCode)result.ErrorCode);
    }

    protected override AddOffsetsToTxnResponse Fail(RequestContext context, AddOffsetsToTxnRequest request, ErrorCode error) =>
        new() { ErrorCode = (short)TransactionErrors.ToVersion(ApiKey, context.ApiVersion, error) };
}
