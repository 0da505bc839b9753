using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;
using Spillway.ProtocolFrontend.Handlers.Groups;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Transactions;

/// <summary>
/// TxnOffsetCommit: offsets that count when the transaction is committed. From v3 on it says who consumes (KIP-447), from v5 on it adds its
/// group to the transaction (KIP-890, TV2). A partition that does not exist fails alone.
/// </summary>
internal sealed class TxnOffsetCommitHandler(
    ITransactionService transactions, ClusterView cluster, ILogger<TxnOffsetCommitHandler> logger)
    : ApiHandler<TxnOffsetCommitRequest, TxnOffsetCommitResponse>(logger)
{
    private const short ImplicitGroupVersion = 5;

    public override ApiKey ApiKey => ApiKey.TxnOffsetCommit;

    protected override async ValueTask<TxnOffsetCommitResponse> HandleAsync(RequestContext context, TxnOffsetCommitRequest request)
    {
        var image = await cluster.GetKnowingAsync(
            known => request.Topics.TrueForAll(topic => known.Knows(topic.Name, topic.Partitions.Select(static partition => partition.PartitionIndex))),
            context.Aborted).ConfigureAwait(false);
        var call = new CommitTransactionOffsetsCall
        {
            TransactionalId = request.TransactionalId,
            ProducerId = request.ProducerId,
            ProducerEpoch = request.ProducerEpoch,
            TransactionVersion = context.ApiVersion >= ImplicitGroupVersion ? 2 : 1,
            GroupId = request.GroupId,
            GenerationId = request.GenerationId,
            MemberId = request.MemberId,
            WaitedMs = (long)context.Age.TotalMilliseconds,
        };
        if (request.GroupInstanceId is not null)
        {
            call.GroupInstanceId = request.GroupInstanceId;
        }

        var waiting = new List<TxnOffsetCommitResponse.TxnOffsetCommitResponsePartition>();
        var response = Prepare(image, request, call, waiting);
        if (waiting.Count > 0)
        {
            var result = await transactions.CommitTransactionOffsetsAsync(call, context.Aborted).ConfigureAwait(false);
            for (var i = 0; i < waiting.Count; i++)
            {
                waiting[i].ErrorCode = (short)ForVersion(context, (ErrorCode)result.ErrorCodes[i]);
            }
        }

        return response;
    }

    protected override TxnOffsetCommitResponse Fail(RequestContext context, TxnOffsetCommitRequest request, ErrorCode error)
    {
        var response = new TxnOffsetCommitResponse();
        foreach (var asked in request.Topics)
        {
            var topic = new TxnOffsetCommitResponse.TxnOffsetCommitResponseTopic { Name = asked.Name };
            foreach (var partition in asked.Partitions)
            {
                topic.Partitions.Add(new() { PartitionIndex = partition.PartitionIndex, ErrorCode = (short)error });
            }

            response.Topics.Add(topic);
        }

        return response;
    }

    private static TxnOffsetCommitResponse Prepare(
        ClusterImage image,
        TxnOffsetCommitRequest request,
        CommitTransactionOffsetsCall call,
        List<TxnOffsetCommitResponse.TxnOffsetCommitResponsePartition> waiting)
    {
        var response = new TxnOffsetCommitResponse();
        foreach (var asked in request.Topics)
        {
            var known = image.FindTopic(asked.Name);
            var topic = new TxnOffsetCommitResponse.TxnOffsetCommitResponseTopic { Name = asked.Name };
            foreach (var partition in asked.Partitions)
            {
                var result = new TxnOffsetCommitResponse.TxnOffsetCommitResponsePartition { PartitionIndex = partition.PartitionIndex };
                topic.Partitions.Add(result);
                if (known is null || !known.TryGetLog(partition.PartitionIndex, out _))
                {
                    result.ErrorCode = (short)ErrorCode.UnknownTopicOrPartition;
                    continue;
                }

                waiting.Add(result);
                call.Offsets.Add(new OffsetToCommit
                {
                    TopicId = TopicIdBytes.Write(known.TopicId),
                    Partition = partition.PartitionIndex,
                    Offset = partition.CommittedOffset,
                    LeaderEpoch = partition.CommittedLeaderEpoch,
                    Metadata = partition.CommittedMetadata ?? "",
                });
            }

            response.Topics.Add(topic);
        }

        return response;
    }

    // Metadata knows ids only, and the client has said a name.
    private ErrorCode ForVersion(RequestContext context, ErrorCode error) => error == ErrorCode.UnknownTopicId
        ? ErrorCode.UnknownTopicOrPartition
        : TransactionErrors.ToVersion(ApiKey, context.ApiVersion, error);
}
