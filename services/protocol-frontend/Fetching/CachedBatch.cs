using Spillway.Kafka.Buffers;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>A whole batch in memory, its base offset in place. The cache holds one reference to the owner.</summary>
internal readonly record struct CachedBatch(
    long BaseOffset, long LastOffset, SharedBuffer Owner, ReadOnlyMemory<byte> Bytes, long ChargedBytes);
