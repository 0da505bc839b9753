using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;

namespace Spillway.ProtocolFrontend.Handlers.Transactions;

/// <summary>
/// Errors of transactions in the words of the version that asked. The coordinator says what it means; PRODUCER_FENCED came with KIP-588 and
/// TRANSACTION_ABORTABLE with KIP-890, and a client takes a code it does not know for the end of its producer.
/// </summary>
internal static class TransactionErrors
{
    public static ErrorCode ToVersion(ApiKey apiKey, short version, ErrorCode error) => error switch
    {
        ErrorCode.ProducerFenced when version < FencedVersion(apiKey) => ErrorCode.InvalidProducerEpoch,
        ErrorCode.TransactionAbortable when version < AbortableVersion(apiKey) => ErrorCode.InvalidTxnState,
        _ => error,
    };

    // TxnOffsetCommit is answered by the groups' side of Kafka, which says INVALID_PRODUCER_EPOCH in all versions.
    private static short FencedVersion(ApiKey apiKey) => apiKey switch
    {
        ApiKey.InitProducerId => 4,
        ApiKey.AddPartitionsToTxn or ApiKey.AddOffsetsToTxn or ApiKey.EndTxn => 2,
        _ => short.MaxValue,
    };

    private static short AbortableVersion(ApiKey apiKey) => apiKey switch
    {
        ApiKey.InitProducerId or ApiKey.AddPartitionsToTxn => 5,
        ApiKey.AddOffsetsToTxn or ApiKey.EndTxn or ApiKey.TxnOffsetCommit => 4,
        _ => short.MaxValue,
    };
}
