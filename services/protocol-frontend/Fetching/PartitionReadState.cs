using Spillway.Kafka.Buffers;
using Spillway.Kafka.Records;
using Spillway.Storage.Caching;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>What has been read of one partition in one fetch.</summary>
internal sealed class PartitionReadState(ReadBudget budget, ReadLease lease, long partitionBytesMax)
{
    public BatchSequence Batches { get; } = new();

    /// <summary>The offset after the last batch: where the reader will go on.</summary>
    public long ReachedOffset { get; set; }

    /// <summary>Nothing more may be added: the next batch did not fit.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Bytes that may still be given out.</summary>
    public long LeftBytes => Math.Min(budget.LeftBytes, partitionBytesMax - Batches.Bytes);

    /// <summary>See <see cref="ReadBudget.FlowId"/>.</summary>
    public long FlowId => budget.FlowId;

    /// <summary>The next batch is given out whatever its size.</summary>
    public bool IsOneBatchOwed => !budget.GaveAnything;

    /// <summary>Adds a batch with a reference to its buffer, unless the budget is used up.</summary>
    public bool TryAdd(ReadOnlyMemory<byte> batch, SharedBuffer owner)
    {
        if (!IsOneBatchOwed && batch.Length > LeftBytes)
        {
            IsFull = true;
            return false;
        }

        lease.Share(owner);
        Batches.Add(batch);
        budget.Spend(batch.Length);
        return true;
    }

    /// <summary>
    /// Adds what fits of what was read from <paramref name="offset"/> on and begins below <paramref name="endOffset"/>, and takes it over.
    /// Returns the offset after the last batch added, or the same.
    /// </summary>
    public long Add(FetchedBatches fetched, long offset, long endOffset)
    {
        lease.Take(fetched);
        if (fetched.LengthBytes <= LeftBytes && fetched.NextOffset <= endOffset)
        {
            foreach (var piece in fetched.Pieces)
            {
                AddHeld(piece);
            }

            return fetched.NextOffset;
        }

        foreach (var piece in fetched.Pieces)
        {
            for (var rest = piece; RecordBatchHeader.TryRead(rest.Span, out var header); offset = header.NextOffset)
            {
                var batch = rest[..(int)header.TotalLength];
                if (header.BaseOffset >= endOffset)
                {
                    return offset;
                }

                if (!IsOneBatchOwed && batch.Length > LeftBytes)
                {
                    IsFull = true;
                    return offset;
                }

                AddHeld(batch);
                rest = rest[batch.Length..];
            }
        }

        return offset;
    }

    public void MarkFull() => IsFull = true;

    private void AddHeld(ReadOnlyMemory<byte> batches)
    {
        Batches.Add(batches);
        budget.Spend(batches.Length);
    }
}
