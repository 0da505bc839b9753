using Spillway.Kafka.Buffers;

namespace Spillway.S3Compactor.Merging;

/// <summary>A range's bytes inside a buffer that other ranges may share. A reference is held for it.</summary>
internal readonly record struct MergeBytes(MergeRange Range, SharedBuffer Buffer, int Start);
