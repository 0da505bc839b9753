using Spillway.Kafka;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Records;

namespace Spillway.ProtocolFrontend.Producing;

/// <summary>One partition of a produce request: its batch and what became of it.</summary>
internal struct ProduceTarget
{
    public int Partition;

    public LogId LogId;

    /// <summary>The whole batch, in the request's frame.</summary>
    public Memory<byte> Batch;

    public RecordBatchHeader Header;

    /// <summary>Set where the topic stamps batches itself, else -1.</summary>
    public long LogAppendTimeMs;

    public long BaseOffset;

    public long LogStartOffset;

    public ErrorCode Error;

    public string? ErrorMessage;

    public readonly bool IsAccepted => Error == ErrorCode.None;
}
