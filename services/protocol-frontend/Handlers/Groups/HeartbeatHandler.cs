using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Groups;

/// <summary>Heartbeat.</summary>
internal sealed class HeartbeatHandler(IGroupService groups, ILogger<HeartbeatHandler> logger)
    : ApiHandler<HeartbeatRequest, HeartbeatResponse>(logger)
{
    public override ApiKey ApiKey => ApiKey.Heartbeat;

    protected override async ValueTask<HeartbeatResponse> HandleAsync(RequestContext context, HeartbeatRequest request)
    {
        var call = new HeartbeatCall
        {
            GroupId = request.GroupId, GenerationId = request.GenerationId, MemberId = request.MemberId,
        };
        if (request.GroupInstanceId is not null)
        {
            call.GroupInstanceId = request.GroupInstanceId;
        }

        var result = await groups.HeartbeatAsync(call, context.Aborted).ConfigureAwait(false);
        return new HeartbeatResponse { ErrorCode = (short)result.ErrorCode };
    }

    protected override HeartbeatResponse Fail(RequestContext context, HeartbeatRequest request, ErrorCode error) =>
        new() { ErrorCode = (short)error };
}
