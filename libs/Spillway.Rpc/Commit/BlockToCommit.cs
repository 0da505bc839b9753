namespace Spillway.Rpc.Commit;

/// <summary>A block to be committed: CommitBlockRequest of proto/spillway/metadata/v1/wal_commit.proto.</summary>
/// <param name="batches">Its batches, in order.</param>
public readonly ref struct BlockToCommit(ReadOnlySpan<BatchToCommit> batches)
{
    /// <summary>The writer.</summary>
    public int WriterId { get; init; }

    /// <summary>The writer's epoch.</summary>
    public long WriterEpoch { get; init; }

    /// <summary>Where the block lies.</summary>
    public long SegmentId { get; init; }

    /// <summary>1 for the first block of a writer epoch, then without a gap.</summary>
    public long BlockSeq { get; init; }

    /// <summary>Position in the segment of the first batch's first byte; the batches' positions are relative to it.</summary>
    public long PayloadPosition { get; init; }

    /// <summary>Its batches, in order.</summary>
    public ReadOnlySpan<BatchToCommit> Batches { get; } = batches;
}
