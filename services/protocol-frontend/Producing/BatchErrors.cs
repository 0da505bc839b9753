using Spillway.Kafka.Errors;
using Spillway.Kafka.Records;
using Spillway.ProtocolFrontend.Cluster;

namespace Spillway.ProtocolFrontend.Producing;

/// <summary>What a client is told about a batch that is not taken.</summary>
internal static class BatchErrors
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

    public static string Describe(RecordBatchError error, TopicView topic, in ProduceTarget target) =>
        $"The batch for {topic.Name}-{target.Partition} is not taken: {error} ({target.Batch.Length} bytes).";
}
