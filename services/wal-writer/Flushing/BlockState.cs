namespace Spillway.WalWriter.Flushing;

/// <summary>Where a block is on its way; it leaves the pipeline when metadata has answered for good.</summary>
internal enum BlockState
{
    /// <summary>It has no place in a segment: new, or to be written again elsewhere.</summary>
    Unplaced,

    /// <summary>A lane is writing and flushing it.</summary>
    Writing,

    /// <summary>Durable.</summary>
    Flushed,

    /// <summary>Its write or flush failed.</summary>
    Failed,

    /// <summary>Metadata was asked to commit it.</summary>
    Proposed,
}
