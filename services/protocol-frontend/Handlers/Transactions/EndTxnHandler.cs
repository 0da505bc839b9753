using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Transactions;

/// <summary>EndTxn: commit or abort. From v5 on (KIP-890, TV2) the producer goes on with another epoch, which the answer says.</summary>
internal sealed class EndTxnHandler(ITransactionService transactions, ILogger<EndTxnHandler> logger)
    : ApiHandler<EndTxnRequest, EndTxnResponse>(logger)
{
    private const short EpochBumpVersion = 5;

    public override ApiKey ApiKey => ApiKey.EndTxn;

    protected override async ValueTask<EndTxnResponse> HandleAsync(RequestContext context, EndTxnRequest request)
    {
        var call = new EndTransactionCall
        {
            TransactionalId = request.TransactionalId,
            ProducerId = request.ProducerId,
            ProducerEpoch = request.ProducerEpoch,
            Commit = request.Committed,
            TransactionVersion = context.ApiVersion >= EpochBumpVersion ? 2 : 1,
            WaitedMs = (long)context.Age.TotalMilliseconds,
        };
        var result = await transactions.EndTransactionAsync(call, context.Aborted).ConfigureAwait(false);
        return result.ErrorCode != 0
            ? Fail(context, request, (ErrorCode)result.ErrorCode)
            : new EndTxnResponse { ProducerId = result.ProducerId, ProducerEpoch = (short)result.ProducerEpoch };
    }

    protected override EndTxnResponse Fail(RequestContext context, EndTxnRequest request, ErrorCode error) => new()
    {
        ErrorCode = (short)TransactionErrors.ToVersion(ApiKey, context.ApiVersion, error), ProducerId = -1, ProducerEpoch = -1,
    };
}
