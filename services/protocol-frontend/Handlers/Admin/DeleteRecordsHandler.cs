using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Admin;

/// <summary>DeleteRecords: raises the log start offset.</summary>
internal sealed class DeleteRecordsHandler(IAdminService admin, ClusterView cluster, ILogger<DeleteRecordsHandler> logger)
    : ApiHandler<DeleteRecordsRequest, DeleteRecordsResponse>(logger)
{
    public override ApiKey ApiKey => ApiKey.DeleteRecords;

    protected override async ValueTask<DeleteRecordsResponse> HandleAsync(RequestContext context, DeleteRecordsRequest request)
    {
        var image = await cluster.GetKnowingAsync(
            known => request.Topics.TrueForAll(topic => known.Knows(topic.Name, topic.Partitions.Select(static partition => partition.PartitionIndex))),
            context.Aborted).ConfigureAwait(false);
        var call = new DeleteRecordsCall();
        var waiting = new List<DeleteRecordsResponse.DeleteRecordsPartitionResult>();
        var response = new DeleteRecordsResponse();
        foreach (var asked in request.Topics)
        {
            var topic = image.FindTopic(asked.Name);
            var result = new DeleteRecordsResponse.DeleteRecordsTopicResult { Name = asked.Name };
            foreach (var partition in asked.Partitions)
            {
                var one = new DeleteRecordsResponse.DeleteRecordsPartitionResult
                {
                    PartitionIndex = partition.PartitionIndex, LowWatermark = -1,
                };
                if (topic is null || !topic.TryGetLog(partition.PartitionIndex, out var logId))
                {
                    one.ErrorCode = (short)ErrorCode.UnknownTopicOrPartition;
                }
                else if (topic.Config is { IsCompacted: true, IsDeleted: false })
                {
                    // What is only compacted goes by key, never by offset.
                    one.ErrorCode = (short)ErrorCode.PolicyViolation;
                }
                else
                {
                    call.Logs.Add(new LogTruncation { LogId = logId.Value, BeforeOffset = partition.Offset });
                    waiting.Add(one);
                }

                result.Partitions.Add(one);
            }

            response.Topics.Add(result);
        }

        if (waiting.Count > 0)
        {
            var reply = await admin.DeleteRecordsAsync(call, context.Aborted).ConfigureAwait(false);
            for (var i = 0; i < waiting.Count; i++)
            {
                waiting[i].ErrorCode = (short)reply.Logs[i].ErrorCode;
                waiting[i].LowWatermark = reply.Logs[i].ErrorCode == 0 ? reply.Logs[i].LogStartOffset : -1;
            }
        }

        return response;
    }

    protected override DeleteRecordsResponse Fail(RequestContext context, DeleteRecordsRequest request, ErrorCode error)
    {
        var response = new DeleteRecordsResponse();
        foreach (var asked in request.Topics)
        {
            var result = new DeleteRecordsResponse.DeleteRecordsTopicResult { Name = asked.Name };
            foreach (var partition in asked.Partitions)
            {
                result.Partitions.Add(new() { PartitionIndex = partition.PartitionIndex, LowWatermark = -1, ErrorCode = (short)error });
            }

            response.Topics.Add(result);
        }

        return response;
    }
}
