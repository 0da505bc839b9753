using Spillway.Kafka.Buffers;
using Spillway.S3Compactor.Planning;

namespace Spillway.S3Compactor.Draining;

/// <summary>A range's verified bytes inside a buffer that other ranges may share. A reference is held for it.</summary>
internal readonly record struct RangeBytes(SegmentRange Range, SharedBuffer Buffer, int Start);
