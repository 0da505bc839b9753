using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Groups;

/// <summary>OffsetDelete (KIP-496): of topics that no member of the group subscribes to.</summary>
internal sealed class OffsetDeleteHandler(IGroupService groups, ClusterView cluster, ILogger<OffsetDeleteHandler> logger)
    : ApiHandler<OffsetDeleteRequest, OffsetDeleteResponse>(logger)
{
    public override ApiKey ApiKey => ApiKey.OffsetDelete;

    protected override async ValueTask<OffsetDeleteResponse> HandleAsync(RequestContext context, OffsetDeleteRequest request)
    {
        if (request.GroupId.Length == 0)
        {
            return Fail(context, request, ErrorCode.InvalidGroupId);
        }

        var image = await cluster.GetKnowingAsync(
            known => request.Topics.TrueForAll(topic => known.Knows(topic.Name, topic.Partitions.Select(static partition => partition.PartitionIndex))),
            context.Aborted).ConfigureAwait(false);
        var call = new DeleteOffsetsCall { GroupId = request.GroupId };
        var response = new OffsetDeleteResponse();
        var waiting = new List<OffsetDeleteResponse.OffsetDeleteResponsePartition>();
        foreach (var asked in request.Topics)
        {
            var known = image.FindTopic(asked.Name);
            var topic = new OffsetDeleteResponse.OffsetDeleteResponseTopic { Name = asked.Name };
            foreach (var partition in asked.Partitions)
            {
                var result = new OffsetDeleteResponse.OffsetDeleteResponsePartition { PartitionIndex = partition.PartitionIndex };
                topic.Partitions.Add(result);
                if (known is null || !known.TryGetLog(partition.PartitionIndex, out _))
                {
                    result.ErrorCode = (short)ErrorCode.UnknownTopicOrPartition;
                    continue;
                }

                waiting.Add(result);
                call.Offsets.Add(
                    new OffsetToFetch { TopicId = TopicIdBytes.Write(known.TopicId), Partition = partition.PartitionIndex });
            }

            response.Topics.Add(topic);
        }

        var deleted = await groups.DeleteOffsetsAsync(call, context.Aborted).ConfigureAwait(false);
        if (deleted.ErrorCode != 0)
        {
            return new OffsetDeleteResponse { ErrorCode = (short)deleted.ErrorCode };
        }

        for (var i = 0; i < waiting.Count; i++)
        {
            waiting[i].ErrorCode = (short)deleted.ErrorCodes[i];
        }

        return response;
    }

    protected override OffsetDeleteResponse Fail(RequestContext context, OffsetDeleteRequest request, ErrorCode error) =>
        new() { ErrorCode = (short)error };
}
