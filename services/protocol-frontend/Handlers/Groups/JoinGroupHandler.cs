using Google.Protobuf;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Groups;

/// <summary>
/// JoinGroup: a long poll until the generation is complete. Never sent a second time by this frontend: a join of unknown outcome
/// that is repeated is a second member.
/// </summary>
internal sealed class JoinGroupHandler(IGroupService groups, ConnectionRegistry connections, ILogger<JoinGroupHandler> logger)
    : ApiHandler<JoinGroupRequest, JoinGroupResponse>(logger)
{
    private const short KnownMemberIdVersion = 4;
    private const short NullableProtocolVersion = 7;
    private const short SkipAssignmentVersion = 9;

    public override ApiKey ApiKey => ApiKey.JoinGroup;

    protected override async ValueTask<JoinGroupResponse> HandleAsync(RequestContext context, JoinGroupRequest request)
    {
        var version = context.ApiVersion;
        var call = new JoinGroupCall
        {
            GroupId = request.GroupId,
            SessionTimeoutMs = request.SessionTimeoutMs,
            RebalanceTimeoutMs = version == 0 ? request.SessionTimeoutMs : request.RebalanceTimeoutMs,
            MemberId = request.MemberId,
            ProtocolType = request.ProtocolType,
            ClientId = context.ClientId ?? "",
            ClientHost = $"/{context.ClientAddress}",
            RequiresKnownMemberId = version >= KnownMemberIdVersion,
            SupportsSkippingAssignment = version >= SkipAssignmentVersion,
            Reason = request.Reason ?? "",
        };
        if (request.GroupInstanceId is not null)
        {
            call.GroupInstanceId = request.GroupInstanceId;
        }

        foreach (var protocol in request.Protocols)
        {
            call.Protocols.Add(new GroupProtocol { Name = protocol.Name, Metadata = ByteString.CopyFrom(protocol.Metadata.Span) });
        }

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.Aborted, connections.Draining);
        var result = await groups.JoinGroupAsync(call, ended.Token).ConfigureAwait(false);
        var response = new JoinGroupResponse
        {
            ErrorCode = (short)result.ErrorCode,
            GenerationId = result.GenerationId,
            ProtocolType = result.HasProtocolType ? result.ProtocolType : null,
            ProtocolName = result.HasProtocolName ? result.ProtocolName : NoProtocol(version),
            Leader = result.Leader,
            SkipAssignment = result.SkipAssignment,
            MemberId = result.MemberId,
        };
        foreach (var member in result.Members)
        {
            response.Members.Add(new()
            {
                MemberId = member.MemberId,
                GroupInstanceId = member.HasGroupInstanceId ? member.GroupInstanceId : null,
                Metadata = member.Metadata.Memory,
            });
        }

        return response;
    }

    protected override JoinGroupResponse Fail(RequestContext context, JoinGroupRequest request, ErrorCode error) => new()
    {
        ErrorCode = (short)error, ProtocolName = NoProtocol(context.ApiVersion), MemberId = request.MemberId,
    };

    private static string? NoProtocol(short version) => version >= NullableProtocolVersion ? null : "";
}
