namespace Spillway.WalWriter;

/// <summary>
/// The places on the way of a block where a crash, a pause or a lost answer is worth a test. A control file sets them
/// (docs/testing/faults.md).
/// </summary>
internal static class FailPoint
{
    /// <summary>A block's bytes are written and not flushed.</summary>
    public const string BlockWritten = "wal-writer.block-written";

    /// <summary>A block is durable and metadata has not heard of it.</summary>
    public const string BlockFlushed = "wal-writer.block-flushed";

    /// <summary>Metadata has applied a block and its answer is not used yet; here the answer can be lost.</summary>
    public const string BlockCommitted = "wal-writer.block-committed";

    /// <summary>Metadata has sealed a segment; its blocks have not moved and no other was opened for them.</summary>
    public const string SegmentSealed = "wal-writer.segment-sealed";

    /// <summary>Metadata knows a segment that has no file.</summary>
    public const string SegmentOpened = "wal-writer.segment-opened";

    public static IReadOnlyList<string> All { get; } =
        [BlockWritten, BlockFlushed, BlockCommitted, SegmentSealed, SegmentOpened];
}
