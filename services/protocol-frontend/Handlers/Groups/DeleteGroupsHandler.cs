using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Groups;

/// <summary>DeleteGroups: empty ones, with their offsets.</summary>
internal sealed class DeleteGroupsHandler(IGroupService groups, ILogger<DeleteGroupsHandler> logger)
    : ApiHandler<DeleteGroupsRequest, DeleteGroupsResponse>(logger)
{
    public override ApiKey ApiKey => ApiKey.DeleteGroups;

    protected override async ValueTask<DeleteGroupsResponse> HandleAsync(RequestContext context, DeleteGroupsRequest request)
    {
        // Kafka takes them for a set: what is named twice is deleted once and not said to be unknown then.
        var call = new DeleteGroupsCall { GroupIds = { request.GroupsNames.Distinct(StringComparer.Ordinal) } };
        var result = await groups.DeleteGroupsAsync(call, context.Aborted).ConfigureAwait(false);
        var response = new DeleteGroupsResponse();
        foreach (var group in result.Groups)
        {
            response.Results.Add(new() { GroupId = group.GroupId, ErrorCode = (short)group.ErrorCode });
        }

        return response;
    }

    protected override DeleteGroupsResponse Fail(RequestContext context, DeleteGroupsRequest request, ErrorCode error)
    {
        var response = new DeleteGroupsResponse();
        foreach (var group in request.GroupsNames)
        {
            response.Results.Add(new() { GroupId = group, ErrorCode = (short)error });
        }

        return response;
    }
}
