using Spillway.Kafka.Errors;

namespace Spillway.Rpc.Append;

/// <summary>What became of one batch.</summary>
/// <param name="Error">None, or Kafka's reason.</param>
/// <param name="BaseOffset">The offset of the batch's first record; -1 where there is an error.</param>
/// <param name="LogStartOffset">The log start offset of the partition; -1 where it is not known.</param>
/// <param name="ErrorMessage">For a person; null where the error says enough.</param>
/// <param name="IsDuplicate">
/// The producer's retry of a batch that was stored before: the offsets are the first one's, and so are the bytes that hold them.
/// </param>
public readonly record struct BatchAppendResult(
    ErrorCode Error, long BaseOffset, long LogStartOffset, string? ErrorMessage, bool IsDuplicate = false);
