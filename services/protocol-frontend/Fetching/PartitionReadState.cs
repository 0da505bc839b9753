using Spillway.Kafka.Buffers;
using Spillway.Storage.Caching;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>What has been read of one partition in one fetch.</summary>
internal sealed class PartitionReadState(ReadBudget budget, ReadLease lease, long partitionBytesMax)
{
    public BatchSequence Batches { get; } = new();

    /// <summary>Nothing more may be added: the next batch did not fit.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Bytes that may still be given out.</summary>
    public long LeftBytes => Math.Min(budget.LeftBytes, partitionBytesMax - Batches.Bytes);

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

    /// <summary>Adds what was read within the limits that this state gave; takes it over.</summary>
    public void Add(FetchedBatches fetched)
    {
        lease.Take(fetched);
        foreach (var piece in fetched.Pieces)
        {
            Batches.Add(piece);
            budget.Spend(piece.Length);
        }
    }

    public void MarkFull() => IsFull = true;
}
