namespace Spillway.Kafka.Produce;

/// <summary>A partition of a produce request.</summary>
/// <param name="Index">Its number in its topic.</param>
/// <param name="Records">The batch as it came, a slice of the frame; null where the client sent none.</param>
public readonly record struct ProducePartition(int Index, ReadOnlyMemory<byte>? Records);
