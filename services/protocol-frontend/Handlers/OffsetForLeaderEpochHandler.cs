using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers;

/// <summary>
/// OffsetForLeaderEpoch: there is one leader epoch, 0, and it ends at the log's end. Any other is none of this log's: as in Kafka the answer is
/// neither an error nor an epoch, and the client, whose position is another log's, goes by its auto.offset.reset (KIP-320).
/// </summary>
internal sealed class OffsetForLeaderEpochHandler(
    ClusterView cluster, IPartitionIndexService index, ILogger<OffsetForLeaderEpochHandler> logger)
    : ApiHandler<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse>(logger)
{
    private const long Latest = -1;

    public override ApiKey ApiKey => ApiKey.OffsetForLeaderEpoch;

    protected override async ValueTask<OffsetForLeaderEpochResponse> HandleAsync(RequestContext context, OffsetForLeaderEpochRequest request)
    {
        var image = await cluster.GetKnowingAsync(
            known => request.Topics.TrueForAll(topic => known.Knows(topic.Topic, topic.Partitions.Select(static partition => partition.Partition))),
            context.Aborted).ConfigureAwait(false);
        var call = new ListLogOffsetsRequest();
        var waiting = new List<OffsetForLeaderEpochResponse.EpochEndOffset>();
        var response = new OffsetForLeaderEpochResponse();
        foreach (var asked in request.Topics)
        {
            var topic = image.FindTopic(asked.Topic);
            var result = new OffsetForLeaderEpochResponse.OffsetForLeaderTopicResult { Topic = asked.Topic };
            foreach (var partition in asked.Partitions)
            {
                var end = new OffsetForLeaderEpochResponse.EpochEndOffset { Partition = partition.Partition };
                if (topic is null || !topic.TryGetLog(partition.Partition, out var logId))
                {
                    end.ErrorCode = (short)ErrorCode.UnknownTopicOrPartition;
                }
                else if (partition.LeaderEpoch == LeaderEpochs.Current)
                {
                    call.Queries.Add(new LogOffsetQuery { LogId = logId.Value, Timestamp = Latest });
                    waiting.Add(end);
                }

                result.Partitions.Add(end);
            }

            response.Topics.Add(result);
        }

        if (waiting.Count > 0)
        {
            var reply = await index.ListOffsetsAsync(call, context.Aborted).ConfigureAwait(false);
            for (var i = 0; i < waiting.Count; i++)
            {
                waiting[i].ErrorCode = (short)reply.Results[i].ErrorCode;
                waiting[i].LeaderEpoch = LeaderEpochs.Current;
                waiting[i].EndOffset = reply.Results[i].Offset;
            }
        }

        return response;
    }

    protected override OffsetForLeaderEpochResponse Fail(RequestContext context, OffsetForLeaderEpochRequest request, ErrorCode error)
    {
        var response = new OffsetForLeaderEpochResponse();
        foreach (var asked in request.Topics)
        {
            var result = new OffsetForLeaderEpochResponse.OffsetForLeaderTopicResult { Topic = asked.Topic };
            foreach (var partition in asked.Partitions)
            {
                result.Partitions.Add(new() { Partition = partition.Partition, ErrorCode = (short)error });
            }

            response.Topics.Add(result);
        }

        return response;
    }
}
