using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Admin;

/// <summary>CreatePartitions: raises a topic's number of partitions.</summary>
internal sealed class CreatePartitionsHandler(
    IAdminService admin, ClusterView cluster, ReplicaAssignments assignments, ILogger<CreatePartitionsHandler> logger)
    : ApiHandler<CreatePartitionsRequest, CreatePartitionsResponse>(logger)
{
    public override ApiKey ApiKey => ApiKey.CreatePartitions;

    protected override async ValueTask<CreatePartitionsResponse> HandleAsync(RequestContext context, CreatePartitionsRequest request)
    {
        var call = new CreatePartitionsCall { ValidateOnly = request.ValidateOnly };
        var response = new CreatePartitionsResponse();
        foreach (var group in request.Topics.GroupBy(static topic => topic.Name, StringComparer.Ordinal))
        {
            if (group.Count() > 1)
            {
                response.Results.Add(new()
                {
                    Name = group.Key,
                    ErrorCode = (short)ErrorCode.InvalidRequest,
                    ErrorMessage = "The topic is named more than once in the request.",
                });
            }
            else if (FindFault(group.First()) is { } fault)
            {
                response.Results.Add(
                    new() { Name = group.Key, ErrorCode = (short)ErrorCode.InvalidReplicaAssignment, ErrorMessage = fault });
            }
            else
            {
                call.Topics.Add(new MorePartitions { Name = group.Key, Partitions = group.First().Count });
            }
        }

        if (call.Topics.Count == 0)
        {
            return response;
        }

        var reply = await admin.CreatePartitionsAsync(call, context.Aborted).ConfigureAwait(false);
        if (!call.ValidateOnly)
        {
            await cluster.WhenAtLeastAsync(reply.ImageVersion, context.Aborted).ConfigureAwait(false);
        }

        foreach (var result in reply.Topics)
        {
            response.Results.Add(new()
            {
                Name = result.Name,
                ErrorCode = (short)result.ErrorCode,
                ErrorMessage = result.ErrorMessage.Length == 0 ? null : result.ErrorMessage,
            });
        }

        return response;
    }

    // One assignment a new partition. Where there would be none new, metadata says so.
    private string? FindFault(CreatePartitionsRequest.CreatePartitionsTopic topic)
    {
        if (topic.Assignments is not { } assigned || cluster.Image.FindTopic(topic.Name) is not { } known)
        {
            return null;
        }

        var additional = topic.Count - known.PartitionCount;
        return additional <= 0 ? null
            : assigned.Count != additional
                ? $"Attempted to add {additional} additional partition(s), but {assigned.Count} assignment(s) were specified."
            : assignments.FindFault(assigned.Select(static assignment => assignment.BrokerIds));
    }

    protected override CreatePartitionsResponse Fail(RequestContext context, CreatePartitionsRequest request, ErrorCode error)
    {
        var response = new CreatePartitionsResponse();
        foreach (var topic in request.Topics)
        {
            response.Results.Add(new() { Name = topic.Name, ErrorCode = (short)error });
        }

        return response;
    }
}
