using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Transactions;

/// <summary>
/// Whether partitions are in an open transaction: what Kafka's partition leaders ask before they append (KIP-890). Nothing here needs to know,
/// since appends are judged where they are committed.
/// </summary>
internal static class TransactionVerification
{
    private const string Ongoing = "Ongoing";

    /// <summary>One error for each partition, in their order.</summary>
    public static async ValueTask<IReadOnlyList<ErrorCode>> AskAsync(
        ITransactionService transactions,
        AddPartitionsToTxnRequest.AddPartitionsToTxnTransaction asked,
        CancellationToken cancellationToken)
    {
        var result = await transactions.DescribeTransactionsAsync(
            new DescribeTransactionsCall { TransactionalIds = { asked.TransactionalId } }, cancellationToken).ConfigureAwait(false);
        var transaction = result.Transactions[0];
        var error = Check(transaction, asked);
        var partitions = asked.Topics.SelectMany(static topic => topic.Partitions, static (topic, partition) => (topic.Name, Partition: partition));
        return
        [
            .. partitions.Select(partition =>
                error != ErrorCode.None ? error
                : IsIn(transaction, partition.Name, partition.Partition) ? ErrorCode.None
                : ErrorCode.TransactionAbortable),
        ];
    }

    private static ErrorCode Check(
        DescribedTransaction transaction, AddPartitionsToTxnRequest.AddPartitionsToTxnTransaction asked) => (ErrorCode)transaction.ErrorCode switch
        {
            ErrorCode.TransactionalIdNotFound => ErrorCode.InvalidProducerIdMapping,
            not ErrorCode.None and var error => error,
            _ when transaction.ProducerId != asked.ProducerId => ErrorCode.InvalidProducerIdMapping,
            _ when transaction.ProducerEpoch != asked.ProducerEpoch => ErrorCode.ProducerFenced,
            _ => ErrorCode.None,
        };

    private static bool IsIn(DescribedTransaction transaction, string topic, int partition) =>
        transaction.State == Ongoing && transaction.Topics.Any(known => known.Name == topic && known.Partitions.Contains(partition));
}
