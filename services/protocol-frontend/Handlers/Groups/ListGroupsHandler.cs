using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Groups;

/// <summary>ListGroups: all of the cluster, whichever frontend is asked; clients that ask several put the same ones together.</summary>
internal sealed class ListGroupsHandler(IGroupService groups, ILogger<ListGroupsHandler> logger)
    : ApiHandler<ListGroupsRequest, ListGroupsResponse>(logger)
{
    public override ApiKey ApiKey => ApiKey.ListGroups;

    protected override async ValueTask<ListGroupsResponse> HandleAsync(RequestContext context, ListGroupsRequest request)
    {
        var call = new ListGroupsCall { States = { request.StatesFilter }, Types_ = { request.TypesFilter } };
        var result = await groups.ListGroupsAsync(call, context.Aborted).ConfigureAwait(false);
        var response = new ListGroupsResponse { ErrorCode = (short)result.ErrorCode };
        foreach (var group in result.Groups)
        {
            response.Groups.Add(new()
            {
                GroupId = group.GroupId, ProtocolType = group.ProtocolType, GroupState = group.State, GroupType = group.Type,
            });
        }

        return response;
    }

    protected override ListGroupsResponse Fail(RequestContext context, ListGroupsRequest request, ErrorCode error) =>
        new() { ErrorCode = (short)error };
}
