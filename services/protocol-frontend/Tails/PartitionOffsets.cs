namespace Spillway.ProtocolFrontend.Tails;

/// <summary>How far a partition reaches, all from one applied index of the metadata.</summary>
internal readonly record struct PartitionOffsets(long LogStartOffset, long HighWatermark, long LastStableOffset);
