namespace Spillway.Metadata.Partitions;

/// <summary>An aborted transaction's part in one partition.</summary>
/// <param name="ProducerId">Whose it was.</param>
/// <param name="FirstOffset">Of its first record.</param>
/// <param name="LastOffset">Of its marker.</param>
/// <param name="LastStableOffset">The log's when it had ended: none that ended later begins below.</param>
internal readonly record struct AbortedRange(long ProducerId, long FirstOffset, long LastOffset, long LastStableOffset);
