namespace Spillway.S3Compactor.Compacting;

/// <summary>Takes whole record batches; false where it wants no more.</summary>
internal delegate bool BatchesTaker(ReadOnlySpan<byte> batches);
