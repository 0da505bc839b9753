using Spillway.Kafka;
using Spillway.Storage.Objects.Format;

namespace Spillway.Storage.Caching;

/// <summary>A data block of an object.</summary>
internal readonly record struct BlockKey(string Key, long Position, LogId LogId)
{
    public static BlockKey Of(string key, in DataBlockEntry block) => new(key, block.Position, block.LogId);
}
