using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Groups;

/// <summary>LeaveGroup: one member, or (v3 and later) many.</summary>
internal sealed class LeaveGroupHandler(IGroupService groups, ILogger<LeaveGroupHandler> logger)
    : ApiHandler<LeaveGroupRequest, LeaveGroupResponse>(logger)
{
    private const short ManyMembersVersion = 3;

    public override ApiKey ApiKey => ApiKey.LeaveGroup;

    protected override async ValueTask<LeaveGroupResponse> HandleAsync(RequestContext context, LeaveGroupRequest request)
    {
        var call = new LeaveGroupCall { GroupId = request.GroupId };
        if (context.ApiVersion < ManyMembersVersion)
        {
            call.Members.Add(new LeavingMember { MemberId = request.MemberId });
        }

        foreach (var member in request.Members)
        {
            var leaving = new LeavingMember { MemberId = member.MemberId };
            if (member.GroupInstanceId is not null)
            {
                leaving.GroupInstanceId = member.GroupInstanceId;
            }

            if (member.Reason is not null)
            {
                leaving.Reason = member.Reason;
            }

            call.Members.Add(leaving);
        }

        var result = await groups.LeaveGroupAsync(call, context.Aborted).ConfigureAwait(false);
        var response = new LeaveGroupResponse { ErrorCode = (short)result.ErrorCode };
        if (context.ApiVersion < ManyMembersVersion)
        {
            response.ErrorCode = result.ErrorCode != 0 || result.Members.Count == 0
                ? response.ErrorCode
                : (short)result.Members[0].ErrorCode;
            return response;
        }

        foreach (var member in result.Members)
        {
            response.Members.Add(new()
            {
                MemberId = member.MemberId,
                GroupInstanceId = member.HasGroupInstanceId ? member.GroupInstanceId : null,
                ErrorCode = (short)member.ErrorCode,
            });
        }

        return response;
    }

    protected override LeaveGroupResponse Fail(RequestContext context, LeaveGroupRequest request, ErrorCode error) =>
        new() { ErrorCode = (short)error };
}
