namespace Spillway.Storage.Wal;

/// <summary>
/// One new segment being written: created exclusively, owned by this object for life, never reopened. Places are given out
/// by one thread at a time; placed blocks may then be written side by side, each on a lane of its own. The seam between
/// the writer and the kinds of volume.
/// </summary>
public interface IWalSegmentAppender : IDisposable
{
    /// <summary>The segment's id.</summary>
    long SegmentId { get; }

    /// <summary>Whether a block was ever placed.</summary>
    bool HasBlocks { get; }

    /// <summary>Whether a write or flush failed: the segment must be sealed.</summary>
    bool IsPoisoned { get; }

    /// <summary>Whether there is room for a block of that size; an empty segment has room for any.</summary>
    bool Fits(long occupiedBytes);

    /// <summary>Gives the block the next place; false when it does not fit.</summary>
    bool TryPlace(WalBlock block, long blockSeq);

    /// <summary>Writes a placed block and makes it durable. Blocks; returns only when it is.</summary>
    /// <param name="block">The block.</param>
    /// <param name="lane">The lane of the calling thread.</param>
    /// <param name="onWritten">
    /// Called between write and flush, for tests of what a crash there leaves; null for nothing. Not called where both are one.
    /// </param>
    /// <exception cref="WalAppendException">It is not known to be durable; the segment is poisoned.</exception>
    void Write(WalBlock block, int lane, Action? onWritten = null);

    /// <summary>
    /// Closes the segment and takes it away, for one that came too late to be used: who deletes segments may have been there before it
    /// was made, and would not come again. Blocks.
    /// </summary>
    /// <exception cref="InvalidOperationException">A block was placed in it.</exception>
    /// <exception cref="WalAppendException">It may still be there.</exception>
    void Discard();
}
