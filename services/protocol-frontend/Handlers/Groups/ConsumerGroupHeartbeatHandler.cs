using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Groups;

/// <summary>ConsumerGroupHeartbeat (KIP-848): a member of a group of the consumer protocol joins, goes on or leaves.</summary>
internal sealed class ConsumerGroupHeartbeatHandler(IGroupService groups, ILogger<ConsumerGroupHeartbeatHandler> logger)
    : ApiHandler<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse>(logger)
{
    private const short ClientMakesMemberIdVersion = 1;

    public override ApiKey ApiKey => ApiKey.ConsumerGroupHeartbeat;

    protected override async ValueTask<ConsumerGroupHeartbeatResponse> HandleAsync(
        RequestContext context, ConsumerGroupHeartbeatRequest request)
    {
        var call = new ConsumerHeartbeatCall
        {
            GroupId = request.GroupId,
            MemberId = request.MemberId,
            MemberEpoch = request.MemberEpoch,
            RebalanceTimeoutMs = request.RebalanceTimeoutMs,
            HasTopicNames = request.SubscribedTopicNames is not null,
            TopicNames = { request.SubscribedTopicNames ?? [] },
            HasOwned = request.TopicPartitionsValue is not null,
            ClientId = context.ClientId ?? "",
            ClientHost = $"/{context.ClientAddress}",
            RequiresMemberId = context.ApiVersion >= ClientMakesMemberIdVersion,
        };
        foreach (var owned in request.TopicPartitionsValue ?? [])
        {
            call.Owned.Add(new TopicPartitions { TopicId = TopicIdBytes.Write(owned.TopicId), Partitions = { owned.Partitions } });
        }

        AddOptional(call, request);
        return ToResponse(await groups.ConsumerGroupHeartbeatAsync(call, context.Aborted).ConfigureAwait(false));
    }

    protected override ConsumerGroupHeartbeatResponse Fail(
        RequestContext context, ConsumerGroupHeartbeatRequest request, ErrorCode error) => new() { ErrorCode = (short)error };

    private static void AddOptional(ConsumerHeartbeatCall call, ConsumerGroupHeartbeatRequest request)
    {
        if (request.InstanceId is not null)
        {
            call.GroupInstanceId = request.InstanceId;
        }

        if (request.RackId is not null)
        {
            call.RackId = request.RackId;
        }

        if (request.SubscribedTopicRegex is not null)
        {
            call.TopicRegex = request.SubscribedTopicRegex;
        }

        if (request.ServerAssignor is not null)
        {
            call.ServerAssignor = request.ServerAssignor;
        }
    }

    private static ConsumerGroupHeartbeatResponse ToResponse(ConsumerHeartbeatResult result)
    {
        var response = new ConsumerGroupHeartbeatResponse
        {
            ErrorCode = (short)result.ErrorCode,
            ErrorMessage = result.HasErrorMessage ? result.ErrorMessage : null,
            MemberId = result.HasMemberId ? result.MemberId : null,
            MemberEpoch = result.MemberEpoch,
            HeartbeatIntervalMs = result.HeartbeatIntervalMs,
        };
        if (result.Assignment is { } assignment)
        {
            response.AssignmentValue = new();
            foreach (var topic in assignment.Partitions)
            {
                response.AssignmentValue.TopicPartitions.Add(
                    new() { TopicId = TopicIdBytes.Read(topic.TopicId), Partitions = [.. topic.Partitions] });
            }
        }

        return response;
    }
}
