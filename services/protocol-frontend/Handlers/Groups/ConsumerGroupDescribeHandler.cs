using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Groups;

/// <summary>ConsumerGroupDescribe (KIP-848): groups of the consumer protocol only; another's is not found.</summary>
internal sealed class ConsumerGroupDescribeHandler(
    IGroupService groups, ClusterView cluster, ILogger<ConsumerGroupDescribeHandler> logger)
    : ApiHandler<ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse>(logger)
{
    private const sbyte ClassicMember = 0;
    private const sbyte ConsumerMember = 1;

    public override ApiKey ApiKey => ApiKey.ConsumerGroupDescribe;

    protected override async ValueTask<ConsumerGroupDescribeResponse> HandleAsync(
        RequestContext context, ConsumerGroupDescribeRequest request)
    {
        var result = await groups.DescribeConsumerGroupsAsync(new DescribeGroupsCall { GroupIds = { request.GroupIds } }, context.Aborted)
            .ConfigureAwait(false);
        var topics = result.Groups.SelectMany(static g => g.Members).SelectMany(static m => m.Assigned.Concat(m.Target));
        var image = topics.All(topic => cluster.Image.FindTopic(TopicIdBytes.Read(topic.TopicId)) is not null)
            ? cluster.Image
            : await cluster.GetCurrentAsync(context.Aborted).ConfigureAwait(false);
        var response = new ConsumerGroupDescribeResponse();
        foreach (var group in result.Groups)
        {
            response.Groups.Add(ToResponse(group, image, request.IncludeAuthorizedOperations));
        }

        return response;
    }

    protected override ConsumerGroupDescribeResponse Fail(
        RequestContext context, ConsumerGroupDescribeRequest request, ErrorCode error)
    {
        var response = new ConsumerGroupDescribeResponse();
        foreach (var group in request.GroupIds)
        {
            response.Groups.Add(new() { GroupId = group, ErrorCode = (short)error });
        }

        return response;
    }

    private static ConsumerGroupDescribeResponse.DescribedGroup ToResponse(
        DescribedConsumerGroup group, ClusterImage image, bool withOperations)
    {
        var described = new ConsumerGroupDescribeResponse.DescribedGroup
        {
            ErrorCode = (short)group.ErrorCode,
            ErrorMessage = group.HasErrorMessage ? group.ErrorMessage : null,
            GroupId = group.GroupId,
            GroupState = group.State,
            GroupEpoch = group.GroupEpoch,
            AssignmentEpoch = group.AssignmentEpoch,
            AssignorName = group.Assignor,
            AuthorizedOperations = withOperations ? AuthorizedOperations.Group : AuthorizedOperations.NotAsked,
        };
        foreach (var member in group.Members)
        {
            described.Members.Add(new()
            {
                MemberId = member.MemberId,
                InstanceId = member.HasGroupInstanceId ? member.GroupInstanceId : null,
                RackId = member.HasRackId ? member.RackId : null,
                MemberEpoch = member.MemberEpoch,
                ClientId = member.ClientId,
                ClientHost = member.ClientHost,
                SubscribedTopicNames = [.. member.TopicNames],
                SubscribedTopicRegex = member.HasTopicRegex ? member.TopicRegex : null,
                Assignment = ToAssignment(member.Assigned, image),
                TargetAssignment = ToAssignment(member.Target, image),
                MemberType = member.IsClassic ? ClassicMember : ConsumerMember,
            });
        }

        return described;
    }

    private static ConsumerGroupDescribeResponse.Assignment ToAssignment(IEnumerable<TopicPartitions> topics, ClusterImage image)
    {
        var assignment = new ConsumerGroupDescribeResponse.Assignment();
        foreach (var topic in topics)
        {
            // Deleted since: nobody reads it any more.
            if (image.FindTopic(TopicIdBytes.Read(topic.TopicId)) is { } known)
            {
                assignment.TopicPartitions.Add(new()
                {
                    TopicId = known.TopicId, TopicName = known.Name, Partitions = [.. topic.Partitions],
                });
            }
        }

        return assignment;
    }
}
