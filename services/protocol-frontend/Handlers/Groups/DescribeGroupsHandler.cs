using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Groups;

/// <summary>DescribeGroups: a group that does not exist is Dead, and from v6 on an error too (KIP-1043).</summary>
internal sealed class DescribeGroupsHandler(IGroupService groups, ILogger<DescribeGroupsHandler> logger)
    : ApiHandler<DescribeGroupsRequest, DescribeGroupsResponse>(logger)
{
    private const short NotFoundVersion = 6;

    public override ApiKey ApiKey => ApiKey.DescribeGroups;

    protected override async ValueTask<DescribeGroupsResponse> HandleAsync(RequestContext context, DescribeGroupsRequest request)
    {
        var result = await groups.DescribeGroupsAsync(new DescribeGroupsCall { GroupIds = { request.Groups } }, context.Aborted)
            .ConfigureAwait(false);
        var response = new DescribeGroupsResponse();
        foreach (var group in result.Groups)
        {
            response.Groups.Add(ToResponse(group, context.ApiVersion, request.IncludeAuthorizedOperations));
        }

        return response;
    }

    protected override DescribeGroupsResponse Fail(RequestContext context, DescribeGroupsRequest request, ErrorCode error)
    {
        var response = new DescribeGroupsResponse();
        foreach (var group in request.Groups)
        {
            response.Groups.Add(new() { GroupId = group, ErrorCode = (short)error });
        }

        return response;
    }

    private static DescribeGroupsResponse.DescribedGroup ToResponse(DescribedGroup group, short version, bool withOperations)
    {
        var isMissing = group.ErrorCode == (int)ErrorCode.GroupIdNotFound;
        var described = new DescribeGroupsResponse.DescribedGroup
        {
            ErrorCode = isMissing && version < NotFoundVersion ? (short)0 : (short)group.ErrorCode,
            ErrorMessage = isMissing && version >= NotFoundVersion ? group.ErrorMessage : null,
            GroupId = group.GroupId,
            GroupState = group.State,
            ProtocolType = group.ProtocolType,
            ProtocolData = group.Protocol,
            AuthorizedOperations = withOperations ? AuthorizedOperations.Group : AuthorizedOperations.NotAsked,
        };
        foreach (var member in group.Members)
        {
            described.Members.Add(new()
            {
                MemberId = member.MemberId,
                GroupInstanceId = member.HasGroupInstanceId ? member.GroupInstanceId : null,
                ClientId = member.ClientId,
                ClientHost = member.ClientHost,
                MemberMetadata = member.Metadata.Memory,
                MemberAssignment = member.Assignment.Memory,
            });
        }

        return described;
    }
}
