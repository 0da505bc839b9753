using Spillway.Rpc.Metadata;

namespace Spillway.Tool.Fsck;

/// <summary>What an entry of one log's index says.</summary>
internal readonly record struct NamedRange(long LogId, IndexEntry Entry);
