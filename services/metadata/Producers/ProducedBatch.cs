namespace Spillway.Metadata.Producers;

/// <summary>A batch as the producer numbered it, with the offset it got.</summary>
internal readonly record struct ProducedBatch(int FirstSequence, int LastSequence, long BaseOffset);
