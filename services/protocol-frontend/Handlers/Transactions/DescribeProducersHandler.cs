using Spillway.Kafka.Configs;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Transactions;

/// <summary>DescribeProducers (KIP-664): who wrote to partitions, and who has a transaction open there.</summary>
internal sealed class DescribeProducersHandler(
    ITransactionService transactions, ClusterView cluster, ILogger<DescribeProducersHandler> logger)
    : ApiHandler<DescribeProducersRequest, DescribeProducersResponse>(logger)
{
    public override ApiKey ApiKey => ApiKey.DescribeProducers;

    protected override async ValueTask<DescribeProducersResponse> HandleAsync(RequestContext context, DescribeProducersRequest request)
    {
        var image = await cluster.GetKnowingAsync(
            known => request.Topics.TrueForAll(topic => known.Knows(topic.Name, topic.PartitionIndexes)),
            context.Aborted).ConfigureAwait(false);
        var call = new DescribeProducersCall();
        var waiting = new List<DescribeProducersResponse.PartitionResponse>();
        var response = Prepare(image, request, call, waiting);
        if (waiting.Count > 0)
        {
            var result = await transactions.DescribeProducersAsync(call, context.Aborted).ConfigureAwait(false);
            for (var i = 0; i < waiting.Count; i++)
            {
                Fill(waiting[i], result.Logs[i]);
            }
        }

        return response;
    }

    protected override DescribeProducersResponse Fail(RequestContext context, DescribeProducersRequest request, ErrorCode error)
    {
        var response = new DescribeProducersResponse();
        foreach (var asked in request.Topics)
        {
            var topic = new DescribeProducersResponse.TopicResponse { Name = asked.Name };
            foreach (var partition in asked.PartitionIndexes)
            {
                topic.Partitions.Add(new() { PartitionIndex = partition, ErrorCode = (short)error });
            }

            response.Topics.Add(topic);
        }

        return response;
    }

    private static DescribeProducersResponse Prepare(
        ClusterImage image,
        DescribeProducersRequest request,
        DescribeProducersCall call,
        List<DescribeProducersResponse.PartitionResponse> waiting)
    {
        var response = new DescribeProducersResponse();
        foreach (var asked in request.Topics)
        {
            var known = image.FindTopic(asked.Name);
            var topic = new DescribeProducersResponse.TopicResponse { Name = asked.Name };
            foreach (var partition in asked.PartitionIndexes)
            {
                var result = new DescribeProducersResponse.PartitionResponse { PartitionIndex = partition };
                topic.Partitions.Add(result);
                if (known is not null && known.TryGetLog(partition, out var logId))
                {
                    waiting.Add(result);
                    call.LogIds.Add(logId.Value);
                }
                else
                {
                    var error = TopicName.TryValidate(asked.Name, out _) ? ErrorCode.UnknownTopicOrPartition : ErrorCode.InvalidTopicException;
                    result.ErrorCode = (short)error;
                }
            }

            response.Topics.Add(topic);
        }

        return response;
    }

    private static void Fill(DescribeProducersResponse.PartitionResponse response, LogProducers producers)
    {
        response.ErrorCode = (short)producers.ErrorCode;
        foreach (var producer in producers.Producers)
        {
            response.ActiveProducers.Add(new()
            {
                ProducerId = producer.ProducerId,
                ProducerEpoch = producer.ProducerEpoch,
                LastSequence = producer.LastSequence,
                LastTimestamp = producer.LastTimestampMs,
                CoordinatorEpoch = producer.CoordinatorEpoch,
                CurrentTxnStartOffset = producer.TransactionFirstOffset,
            });
        }
    }
}
