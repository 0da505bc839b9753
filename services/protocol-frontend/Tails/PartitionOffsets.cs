namespace Spillway.ProtocolFrontend.Tails;

/// <summary>How far a partition reaches, all from one applied index of the metadata.</summary>
/// <param name="LogStartOffset">The first offset there is.</param>
/// <param name="HighWatermark">The next record's offset: what is committed is replicated.</param>
/// <param name="LastStableOffset">Where the first open transaction begins, or the high watermark.</param>
/// <param name="LastAbortedOffset">Of the last marker of an aborted transaction; −1: none. Above it a reader needs no list of them.</param>
internal readonly record struct PartitionOffsets(
    long LogStartOffset, long HighWatermark, long LastStableOffset, long LastAbortedOffset = -1);
