using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;
using Spillway.ProtocolFrontend.Handlers.Admin;

namespace Spillway.ProtocolFrontend.Handlers.Partitions;

/// <summary>
/// AlterPartitionReassignments (KIP-455). No bytes belong to a broker, so a reassignment that Kafka would take is over as soon as it is asked
/// for, and there is never one to cancel.
/// </summary>
internal sealed class AlterPartitionReassignmentsHandler(
    ClusterView cluster, Brokers brokers, ReplicaAssignments assignments, ILogger<AlterPartitionReassignmentsHandler> logger)
    : ApiHandler<AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse>(logger)
{
    public override ApiKey ApiKey => ApiKey.AlterPartitionReassignments;

    protected override async ValueTask<AlterPartitionReassignmentsResponse> HandleAsync(
        RequestContext context, AlterPartitionReassignmentsRequest request)
    {
        var image = await cluster.GetCurrentAsync(context.Aborted).ConfigureAwait(false);
        var response = new AlterPartitionReassignmentsResponse { AllowReplicationFactorChange = request.AllowReplicationFactorChange };
        foreach (var asked in request.Topics)
        {
            var topic = image.FindTopic(asked.Name);
            var result = new AlterPartitionReassignmentsResponse.ReassignableTopicResponse { Name = asked.Name };
            foreach (var partition in asked.Partitions)
            {
                var (error, message) = Check(topic, partition, request.AllowReplicationFactorChange);
                result.Partitions.Add(new()
                {
                    PartitionIndex = partition.PartitionIndex, ErrorCode = (short)error, ErrorMessage = message,
                });
            }

            response.Responses.Add(result);
        }

        return response;
    }

    protected override AlterPartitionReassignmentsResponse Fail(
        RequestContext context, AlterPartitionReassignmentsRequest request, ErrorCode error) => new() { ErrorCode = (short)error };

    private (ErrorCode Error, string? Message) Check(
        TopicView? topic, AlterPartitionReassignmentsRequest.ReassignablePartition asked, bool allowReplicationFactorChange)
    {
        if (topic is null || !topic.TryGetLog(asked.PartitionIndex, out _))
        {
            return (ErrorCode.UnknownTopicOrPartition, "This server does not host this topic-partition.");
        }

        if (asked.Replicas is not { } replicas)
        {
            return (ErrorCode.NoReassignmentInProgress, "No partition reassignment is in progress.");
        }

        if (assignments.FindFault([replicas]) is { } fault)
        {
            return (ErrorCode.InvalidReplicaAssignment, fault);
        }

        var current = brokers.ReplicasOf(topic.TopicId, asked.PartitionIndex).Count;
        return !allowReplicationFactorChange && replicas.Count != current
            ? (ErrorCode.InvalidReplicationFactor,
                $"The replication factor is changed from {current} to {replicas.Count}, which the request does not allow.")
            : (ErrorCode.None, null);
    }
}
