namespace Spillway.Rpc.Commit;

/// <summary>A batch of a block as its commit names it: BatchCommit of proto/spillway/metadata/v1/wal_commit.proto.</summary>
public readonly record struct BatchToCommit
{
    /// <summary>The partition's log.</summary>
    public long LogId { get; init; }

    /// <summary>In bytes, from the block's payload position.</summary>
    public int Position { get; init; }

    /// <summary>In bytes.</summary>
    public int Length { get; init; }

    /// <summary>Records in the batch.</summary>
    public int RecordCount { get; init; }

    /// <summary>The greatest of the batch's records, in ms since 1970.</summary>
    public long MaxTimestamp { get; init; }

    /// <summary>-1: no idempotence; then epoch and sequence are -1 too.</summary>
    public long ProducerId { get; init; }

    /// <summary>Of the producer.</summary>
    public int ProducerEpoch { get; init; }

    /// <summary>Of the first record.</summary>
    public int BaseSequence { get; init; }

    /// <summary>Whether it belongs to a transaction.</summary>
    public bool Transactional { get; init; }

    /// <summary>Null or empty where it belongs to none.</summary>
    public string? TransactionalId { get; init; }

    /// <summary>1 or 2 (TV1, TV2); 0 where it belongs to none.</summary>
    public int TransactionVersion { get; init; }
}
