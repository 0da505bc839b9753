using Spillway.Kafka.Errors;

namespace Spillway.Rpc.Commit;

/// <summary>What became of a batch of a committed block.</summary>
/// <param name="Error">A batch with an error got no offsets.</param>
/// <param name="BaseOffset">Of the first record; means nothing where there is an error.</param>
/// <param name="LogStartOffset">Of the partition; -1 where it is not known.</param>
/// <param name="IsDuplicate">The producer had sent it before: the offset is that of the first time.</param>
public readonly record struct BatchOutcome(ErrorCode Error, long BaseOffset, long LogStartOffset, bool IsDuplicate);
