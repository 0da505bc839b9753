using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Connections;

namespace Spillway.ProtocolFrontend.Handlers;

/// <summary>InitProducerId for idempotent producers: a fresh id from this frontend's block. Transactions are not served yet.</summary>
internal sealed class InitProducerIdHandler(ProducerIdBlocks blocks, ILogger<InitProducerIdHandler> logger)
    : ApiHandler<InitProducerIdRequest, InitProducerIdResponse>(logger)
{
    public override ApiKey ApiKey => ApiKey.InitProducerId;

    protected override async ValueTask<InitProducerIdResponse> HandleAsync(RequestContext context, InitProducerIdRequest request)
    {
        if (request.TransactionalId is not null)
        {
            // Kafka: an empty transactional id is no id. One that is set would need a transaction coordinator.
            return Failed(request.TransactionalId.Length == 0 ? ErrorCode.InvalidRequest : ErrorCode.UnsupportedVersion);
        }

        // Without a transactional id the producer bumps its epoch by itself and comes here for a new id only (KIP-360).
        var producerId = await blocks.TakeAsync(context.Aborted).ConfigureAwait(false);
        return new InitProducerIdResponse { ProducerId = producerId, ProducerEpoch = 0 };
    }

    protected override InitProducerIdResponse Fail(RequestContext context, InitProducerIdRequest request, ErrorCode error) => Failed(error);

    private static InitProducerIdResponse Failed(ErrorCode error) =>
        new() { ErrorCode = (short)error, ProducerId = -1, ProducerEpoch = -1 };
}
