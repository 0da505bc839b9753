using Google.Protobuf;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Groups;

/// <summary>SyncGroup: a long poll until the group's leader has sent the assignments and they are durable.</summary>
internal sealed class SyncGroupHandler(IGroupService groups, ConnectionRegistry connections, ILogger<SyncGroupHandler> logger)
    : ApiHandler<SyncGroupRequest, SyncGroupResponse>(logger)
{
    private const short ProtocolVersion = 5;

    public override ApiKey ApiKey => ApiKey.SyncGroup;

    protected override async ValueTask<SyncGroupResponse> HandleAsync(RequestContext context, SyncGroupRequest request)
    {
        if (context.ApiVersion >= ProtocolVersion && (request.ProtocolType is null || request.ProtocolName is null))
        {
            // KIP-559: from here on a client must say which protocol it syncs.
            return Fail(context, request, ErrorCode.InconsistentGroupProtocol);
        }

        var call = new SyncGroupCall
        {
            GroupId = request.GroupId, GenerationId = request.GenerationId, MemberId = request.MemberId,
        };
        if (request.GroupInstanceId is not null)
        {
            call.GroupInstanceId = request.GroupInstanceId;
        }

        if (context.ApiVersion >= ProtocolVersion)
        {
            call.ProtocolType = request.ProtocolType;
            call.ProtocolName = request.ProtocolName;
        }

        foreach (var assignment in request.Assignments)
        {
            call.Assignments.Add(new MemberAssignment
            {
                MemberId = assignment.MemberId, Assignment = ByteString.CopyFrom(assignment.Assignment.Span),
            });
        }

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.Aborted, connections.Draining);
        var result = await groups.SyncGroupAsync(call, ended.Token).ConfigureAwait(false);
        return new SyncGroupResponse
        {
            ErrorCode = (short)result.ErrorCode,
            ProtocolType = result.HasProtocolType ? result.ProtocolType : null,
            ProtocolName = result.HasProtocolName ? result.ProtocolName : null,
            Assignment = result.Assignment.Memory,
        };
    }

    protected override SyncGroupResponse Fail(RequestContext context, SyncGroupRequest request, ErrorCode error) =>
        new() { ErrorCode = (short)error };
}
