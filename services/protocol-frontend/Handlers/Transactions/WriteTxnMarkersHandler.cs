using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Transactions;

/// <summary>
/// WriteTxnMarkers, by which operators abort a transaction that hangs (KIP-664). It is also how Kafka's brokers end transactions among
/// themselves, a partition at a time. Here a transaction ends in all its partitions and groups at once, and metadata alone decides how: who
/// could commit one partition of it would tear it, and no client or tool of Kafka asks for that. So a marker that would commit is refused.
/// </summary>
internal sealed class WriteTxnMarkersHandler(
    ITransactionService transactions, ClusterView cluster, ILogger<WriteTxnMarkersHandler> logger)
    : ApiHandler<WriteTxnMarkersRequest, WriteTxnMarkersResponse>(logger)
{
    public override ApiKey ApiKey => ApiKey.WriteTxnMarkers;

    protected override async ValueTask<WriteTxnMarkersResponse> HandleAsync(RequestContext context, WriteTxnMarkersRequest request)
    {
        var image = await cluster.GetKnowingAsync(
            known => request.Markers.TrueForAll(marker => marker.Topics.TrueForAll(topic => known.Knows(topic.Name, topic.PartitionIndexes))),
            context.Aborted).ConfigureAwait(false);
        var response = new WriteTxnMarkersResponse();
        foreach (var marker in request.Markers)
        {
            response.Markers.Add(await WriteAsync(image, marker, context.Aborted).ConfigureAwait(false));
        }

        return response;
    }

    protected override WriteTxnMarkersResponse Fail(RequestContext context, WriteTxnMarkersRequest request, ErrorCode error)
    {
        var response = new WriteTxnMarkersResponse();
        foreach (var marker in request.Markers)
        {
            var result = Prepare(ClusterImage.Empty, marker, new AbortProducerCall(), []);
            foreach (var partition in result.Topics.SelectMany(static topic => topic.Partitions))
            {
                partition.ErrorCode = (short)error;
            }

            response.Markers.Add(result);
        }

        return response;
    }

    private async ValueTask<WriteTxnMarkersResponse.WritableTxnMarkerResult> WriteAsync(
        ClusterImage image, WriteTxnMarkersRequest.WritableTxnMarker marker, CancellationToken cancellationToken)
    {
        var call = new AbortProducerCall { ProducerId = marker.ProducerId, ProducerEpoch = marker.ProducerEpoch };
        var waiting = new List<WriteTxnMarkersResponse.WritableTxnMarkerPartitionResult>();
        var result = Prepare(image, marker, call, waiting);
        if (marker.TransactionResult)
        {
            waiting.ForEach(static partition => partition.ErrorCode = (short)ErrorCode.InvalidRequest);
        }
        else if (waiting.Count > 0)
        {
            var aborted = await transactions.AbortProducerAsync(call, cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < waiting.Count; i++)
            {
                waiting[i].ErrorCode = (short)aborted.ErrorCodes[i];
            }
        }

        return result;
    }

    private static WriteTxnMarkersResponse.WritableTxnMarkerResult Prepare(
        ClusterImage image,
        WriteTxnMarkersRequest.WritableTxnMarker marker,
        AbortProducerCall call,
        List<WriteTxnMarkersResponse.WritableTxnMarkerPartitionResult> waiting)
    {
        var result = new WriteTxnMarkersResponse.WritableTxnMarkerResult { ProducerId = marker.ProducerId };
        foreach (var asked in marker.Topics)
        {
            var known = image.FindTopic(asked.Name);
            var topic = new WriteTxnMarkersResponse.WritableTxnMarkerTopicResult { Name = asked.Name };
            foreach (var index in asked.PartitionIndexes)
            {
                var partition = new WriteTxnMarkersResponse.WritableTxnMarkerPartitionResult { PartitionIndex = index };
                topic.Partitions.Add(partition);
                if (known is not null && known.TryGetLog(index, out var logId))
                {
                    call.LogIds.Add(logId.Value);
                    waiting.Add(partition);
                }
                else
                {
                    partition.ErrorCode = (short)ErrorCode.UnknownTopicOrPartition;
                }
            }

            result.Topics.Add(topic);
        }

        return result;
    }
}
