namespace Spillway.Metadata.Tests.Transactions;

/// <summary>A batch as a reader finds it in the bytes, and what the reader can't see: which transaction it is of (null: none).</summary>
internal sealed record ModelBatch(long BaseOffset, int Records, long ProducerId, bool IsTransactional, ModelTransaction? Transaction)
{
    public long LastOffset => BaseOffset + Records - 1;
}
