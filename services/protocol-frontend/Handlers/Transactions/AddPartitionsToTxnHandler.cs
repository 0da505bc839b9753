using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Transactions;

/// <summary>
/// AddPartitionsToTxn: all the partitions or none (KIP-98). v4 and v5 are what Kafka's brokers ask each other, many transactions at once and some
/// only to know whether they may append (KIP-890); a cluster without an authorizer answers everybody.
/// </summary>
internal sealed class AddPartitionsToTxnHandler(
    ITransactionService transactions, ClusterView cluster, ILogger<AddPartitionsToTxnHandler> logger)
    : ApiHandler<AddPartitionsToTxnRequest, AddPartitionsToTxnResponse>(logger)
{
    private const short ManyTransactionsVersion = 4;

    public override ApiKey ApiKey => ApiKey.AddPartitionsToTxn;

    protected override async ValueTask<AddPartitionsToTxnResponse> HandleAsync(RequestContext context, AddPartitionsToTxnRequest request)
    {
        var asked = Transactions(context, request);
        var image = await cluster.GetKnowingAsync(
            known => asked.TrueForAll(transaction => transaction.Topics.TrueForAll(topic => known.Knows(topic.Name, topic.Partitions))),
            context.Aborted).ConfigureAwait(false);
        var response = new AddPartitionsToTxnResponse();
        foreach (var transaction in asked)
        {
            Add(context, response, transaction, await AskAsync(context, image, transaction).ConfigureAwait(false));
        }

        return response;
    }

    protected override AddPartitionsToTxnResponse Fail(RequestContext context, AddPartitionsToTxnRequest request, ErrorCode error)
    {
        var response = new AddPartitionsToTxnResponse();
        foreach (var transaction in Transactions(context, request))
        {
            Add(context, response, transaction, [.. Enumerable.Repeat(error, Count(transaction))]);
        }

        return response;
    }

    private static List<AddPartitionsToTxnRequest.AddPartitionsToTxnTransaction> Transactions(
        RequestContext context, AddPartitionsToTxnRequest request) => context.ApiVersion >= ManyTransactionsVersion
        ? request.Transactions
        :
        [
            new()
            {
                TransactionalId = request.V3AndBelowTransactionalId,
                ProducerId = request.V3AndBelowProducerId,
                ProducerEpoch = request.V3AndBelowProducerEpoch,
                Topics = request.V3AndBelowTopics,
            },
        ];

    private static int Count(AddPartitionsToTxnRequest.AddPartitionsToTxnTransaction transaction) =>
        transaction.Topics.Sum(static topic => topic.Partitions.Count);

    /// <summary>One error for each partition, in their order.</summary>
    private async ValueTask<IReadOnlyList<ErrorCode>> AskAsync(
        RequestContext context, ClusterImage image, AddPartitionsToTxnRequest.AddPartitionsToTxnTransaction transaction)
    {
        var errors = new List<ErrorCode>();
        var call = new AddPartitionsCall
        {
            TransactionalId = transaction.TransactionalId,
            ProducerId = transaction.ProducerId,
            ProducerEpoch = transaction.ProducerEpoch,
        };
        foreach (var topic in transaction.Topics)
        {
            var known = image.FindTopic(topic.Name);
            foreach (var partition in topic.Partitions)
            {
                var isKnown = known is not null && known.TryGetLog(partition, out var logId) && AddLog(call, logId.Value);
                errors.Add(isKnown ? ErrorCode.OperationNotAttempted : ErrorCode.UnknownTopicOrPartition);
            }
        }

        if (call.LogIds.Count < errors.Count)
        {
            return errors;
        }

        if (transaction.VerifyOnly)
        {
            return await TransactionVerification.AskAsync(transactions, transaction, context.Aborted).ConfigureAwait(false);
        }

        var result = await transactions.AddPartitionsAsync(call, context.Aborted).ConfigureAwait(false);
        return [.. result.ErrorCodes.Select(static error => (ErrorCode)error)];
    }

    private static bool AddLog(AddPartitionsCall call, long logId)
    {
        call.LogIds.Add(logId);
        return true;
    }

    private void Add(
        RequestContext context,
        AddPartitionsToTxnResponse response,
        AddPartitionsToTxnRequest.AddPartitionsToTxnTransaction transaction,
        IReadOnlyList<ErrorCode> errors)
    {
        var next = 0;
        var topics = new List<AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult>();
        foreach (var asked in transaction.Topics)
        {
            var topic = new AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult { Name = asked.Name };
            foreach (var partition in asked.Partitions)
            {
                var error = TransactionErrors.ToVersion(ApiKey, context.ApiVersion, errors[next++]);
                topic.ResultsByPartition.Add(new() { PartitionIndex = partition, PartitionErrorCode = (short)error });
            }

            topics.Add(topic);
        }

        if (context.ApiVersion >= ManyTransactionsVersion)
        {
            response.ResultsByTransaction.Add(new() { TransactionalId = transaction.TransactionalId, TopicResults = topics });
        }
        else
        {
            response.ResultsByTopicV3AndBelow.AddRange(topics);
        }
    }
}
