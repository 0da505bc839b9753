using Spillway.Kafka.Errors;
using Spillway.Kafka.Produce;
using Spillway.Kafka.Records;
using Spillway.ProtocolFrontend.Cluster;

namespace Spillway.ProtocolFrontend.Producing;

/// <summary>What a client is told about a batch that is not taken.</summary>
internal static class ProduceErrors
{
    public static ErrorCode ToErrorCode(RecordBatchError error) => error switch
    {
        RecordBatchError.None => ErrorCode.None,
        RecordBatchError.InvalidLength or RecordBatchError.CrcMismatch => ErrorCode.CorruptMessage,
        RecordBatchError.BatchTooLarge or RecordBatchError.DecompressedTooLarge => ErrorCode.MessageTooLarge,
        RecordBatchError.UnsupportedCompression => ErrorCode.UnsupportedCompressionType,
        RecordBatchError.TimestampOutOfRange or RecordBatchError.TimestampTypeFromClient => ErrorCode.InvalidTimestamp,
        _ => ErrorCode.InvalidRecord,
    };

    /// <summary>
    /// Whether a client sends the same again after that error, without any fault of its own: where it has sent more meanwhile, that must
    /// not be taken first. What a batch or its topic is to blame for stays with that batch, as in Kafka.
    /// </summary>
    public static bool LosesOrder(ErrorCode error) => ErrorCodes.IsRetriable(error) && error is not (
        ErrorCode.CorruptMessage
        or ErrorCode.UnknownTopicOrPartition
        or ErrorCode.UnknownTopicId
        or ErrorCode.InconsistentTopicId
        or ErrorCode.ConcurrentTransactions
        or ErrorCode.ThrottlingQuotaExceeded);

    public static string Describe(RecordBatchError error, TopicView topic, int partition, int batchBytes) =>
        $"The batch for {topic.Name}-{partition} is not taken: {error} ({batchBytes} bytes).";

    /// <summary>A result without offsets.</summary>
    public static void Set(ref ProducePartitionResult result, int partition, ErrorCode error, string? message) =>
        result = new ProducePartitionResult
        {
            Index = partition,
            ErrorCode = (short)error,
            BaseOffset = -1,
            LogAppendTimeMs = -1,
            LogStartOffset = -1,
            ErrorMessage = message,
        };

    /// <summary>
    /// Clients before these versions do not know the code: INVALID_RECORD came with v8 (KIP-467), KAFKA_STORAGE_ERROR with v4,
    /// TRANSACTION_ABORTABLE with v11 (KIP-890).
    /// </summary>
    public static void FitToVersion(Span<ProducePartitionResult> results, short version)
    {
        foreach (ref var result in results)
        {
            result.ErrorCode = (ErrorCode)result.ErrorCode switch
            {
                ErrorCode.InvalidRecord when version < 8 => (short)ErrorCode.CorruptMessage,
                ErrorCode.TransactionAbortable when version < 11 => (short)ErrorCode.InvalidTxnState,
                ErrorCode.KafkaStorageError when version < 4 => (short)ErrorCode.NotLeaderOrFollower,
                _ => result.ErrorCode,
            };
        }
    }
}
