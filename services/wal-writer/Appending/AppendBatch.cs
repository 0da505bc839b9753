using Spillway.Kafka;
using Spillway.Rpc.Commit;

namespace Spillway.WalWriter.Appending;

/// <summary>One record batch of an append.</summary>
/// <param name="Bytes">The batch.</param>
/// <param name="Commit">What its commit says of it, but for its position in the block.</param>
internal readonly record struct AppendBatch(ReadOnlyMemory<byte> Bytes, BatchToCommit Commit)
{
    public LogId LogId => new(Commit.LogId);
}
