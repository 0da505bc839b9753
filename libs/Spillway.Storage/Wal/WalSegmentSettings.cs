namespace Spillway.Storage.Wal;

/// <summary>How a segment's file is made and written.</summary>
/// <param name="SegmentBytes">The size the file is given at creation.</param>
/// <param name="FlushMode">How a block is made durable.</param>
/// <param name="LaneCount">How many threads may write blocks at the same time.</param>
public readonly record struct WalSegmentSettings(long SegmentBytes, WalFlushMode FlushMode, int LaneCount);
