using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Connections;

namespace Spillway.ProtocolFrontend.Handlers.Partitions;

/// <summary>ListPartitionReassignments (KIP-455): there are none, ever.</summary>
internal sealed class ListPartitionReassignmentsHandler(ILogger<ListPartitionReassignmentsHandler> logger)
    : ApiHandler<ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse>(logger)
{
    public override ApiKey ApiKey => ApiKey.ListPartitionReassignments;

    protected override ValueTask<ListPartitionReassignmentsResponse> HandleAsync(
        RequestContext context, ListPartitionReassignmentsRequest request) => ValueTask.FromResult(new ListPartitionReassignmentsResponse());

    protected override ListPartitionReassignmentsResponse Fail(
        RequestContext context, ListPartitionReassignmentsRequest request, ErrorCode error) => new() { ErrorCode = (short)error };
}
