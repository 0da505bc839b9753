using Spillway.Kafka.Errors;

namespace Spillway.Metadata.Producers;

/// <summary>What the producer rules say of a batch.</summary>
internal readonly record struct ProducerVerdict(ErrorCode Error, bool IsDuplicate, long BaseOffset)
{
    public bool IsAppend => Error == ErrorCode.None && !IsDuplicate;

    public static ProducerVerdict Append => new(ErrorCode.None, false, -1);

    public static ProducerVerdict Duplicate(long baseOffset) => new(ErrorCode.None, true, baseOffset);

    public static ProducerVerdict Refuse(ErrorCode error) => new(error, false, -1);
}
