using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;

namespace Spillway.ProtocolFrontend.Handlers.Partitions;

/// <summary>
/// ElectLeaders (KIP-460). Whoever serves a partition is as good as any other, so there is nothing to elect: ELECTION_NOT_NEEDED for what is
/// there, and for all partitions together nothing to tell.
/// </summary>
internal sealed class ElectLeadersHandler(ClusterView cluster, ILogger<ElectLeadersHandler> logger)
    : ApiHandler<ElectLeadersRequest, ElectLeadersResponse>(logger)
{
    private const sbyte Unclean = 1;

    public override ApiKey ApiKey => ApiKey.ElectLeaders;

    protected override async ValueTask<ElectLeadersResponse> HandleAsync(RequestContext context, ElectLeadersRequest request)
    {
        if (request.ElectionType is < 0 or > Unclean)
        {
            return Fail(context, request, ErrorCode.InvalidRequest);
        }

        var image = await cluster.GetCurrentAsync(context.Aborted).ConfigureAwait(false);
        var response = new ElectLeadersResponse();
        foreach (var asked in request.TopicPartitionsValue ?? [])
        {
            var topic = image.FindTopic(asked.Topic);
            var result = new ElectLeadersResponse.ReplicaElectionResult { Topic = asked.Topic };
            foreach (var partition in asked.Partitions)
            {
                var (error, message) = topic is null ? (ErrorCode.UnknownTopicOrPartition, $"No such topic as {asked.Topic}")
                    : topic.TryGetLog(partition, out _) ? (ErrorCode.ElectionNotNeeded, null)
                    : (ErrorCode.UnknownTopicOrPartition, $"No such partition as {asked.Topic}-{partition}");
                result.PartitionResult.Add(new() { PartitionId = partition, ErrorCode = (short)error, ErrorMessage = message });
            }

            response.ReplicaElectionResults.Add(result);
        }

        return response;
    }

    protected override ElectLeadersResponse Fail(RequestContext context, ElectLeadersRequest request, ErrorCode error)
    {
        var response = new ElectLeadersResponse { ErrorCode = context.ApiVersion >= 1 ? (short)error : (short)0 };
        foreach (var asked in request.TopicPartitionsValue ?? [])
        {
            var result = new ElectLeadersResponse.ReplicaElectionResult { Topic = asked.Topic };
            foreach (var partition in asked.Partitions)
            {
                result.PartitionResult.Add(new() { PartitionId = partition, ErrorCode = (short)error });
            }

            response.ReplicaElectionResults.Add(result);
        }

        return response;
    }
}
