using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Operators;

/// <summary>
/// DescribeQuorum (KIP-595, KIP-836): the nodes of the metadata service in the words of Kafka's controllers. Offsets are indexes of the
/// replicated log; a learner is an observer. How far a node is only the leader knows: -1 where another one answered.
/// </summary>
internal sealed class DescribeQuorumHandler(IMembersService members, ILogger<DescribeQuorumHandler> logger)
    : ApiHandler<DescribeQuorumRequest, DescribeQuorumResponse>(logger)
{
    private const string MetadataTopic = "__cluster_metadata";
    private const string Listener = "CONTROLLER";

    // KIP-853.
    private const short NodesVersion = 2;

    public override ApiKey ApiKey => ApiKey.DescribeQuorum;

    protected override async ValueTask<DescribeQuorumResponse> HandleAsync(RequestContext context, DescribeQuorumRequest request)
    {
        // Kafka's broker takes nothing but its one partition.
        if (request.Topics is not [{ TopicName: MetadataTopic, Partitions: [{ PartitionIndex: 0 }] }])
        {
            return Fail(context, request, ErrorCode.UnknownTopicOrPartition);
        }

        var status = await members.StatusAsync(new MembersStatusCall(), context.Aborted).ConfigureAwait(false);
        var response = new DescribeQuorumResponse
        {
            Topics = { new() { TopicName = MetadataTopic, Partitions = { Describe(status) } } },
        };
        foreach (var member in context.ApiVersion >= NodesVersion ? status.Members : [])
        {
            response.Nodes.Add(Node(member));
        }

        return response;
    }

    protected override DescribeQuorumResponse Fail(RequestContext context, DescribeQuorumRequest request, ErrorCode error)
    {
        var response = new DescribeQuorumResponse();
        foreach (var asked in request.Topics)
        {
            var topic = new DescribeQuorumResponse.TopicData { TopicName = asked.TopicName };
            foreach (var partition in asked.Partitions)
            {
                topic.Partitions.Add(new() { PartitionIndex = partition.PartitionIndex, ErrorCode = (short)error });
            }

            response.Topics.Add(topic);
        }

        return response;
    }

    private static DescribeQuorumResponse.PartitionData Describe(MembersStatusResult status)
    {
        var partition = new DescribeQuorumResponse.PartitionData
        {
            LeaderId = status.LeaderId == 0 ? -1 : (int)status.LeaderId,
            LeaderEpoch = (int)status.Term,
            HighWatermark = (long)status.CommitIndex,
        };
        foreach (var member in status.Members)
        {
            var replica = new DescribeQuorumResponse.ReplicaState
            {
                ReplicaId = (int)member.NodeId,
                LogEndOffset = member.NodeId == status.LeaderId && status.Role == MemberRole.Leader ? (long)status.LastIndex
                    : member.HasMatchIndex ? (long)member.MatchIndex
                    : -1,
            };
            (member.Voter ? partition.CurrentVoters : partition.Observers).Add(replica);
        }

        return partition;
    }

    private static DescribeQuorumResponse.Node Node(MemberStatus member)
    {
        var node = new DescribeQuorumResponse.Node { NodeId = (int)member.NodeId };
        var colon = member.RaftAddress.LastIndexOf(':');
        if (colon > 0 && ushort.TryParse(member.RaftAddress.AsSpan(colon + 1), out var port))
        {
            node.Listeners.Add(new() { Name = Listener, Host = member.RaftAddress[..colon], Port = port });
        }

        return node;
    }
}
