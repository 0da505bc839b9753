using Spillway.Kafka;

namespace Spillway.S3Compactor.Merging;

/// <summary>An entry of a log that is to become a part of a larger one, and the object that it lies in.</summary>
/// <param name="LogId">The log.</param>
/// <param name="BaseOffset">Its first offset.</param>
/// <param name="LastOffset">Its last offset, inclusive.</param>
/// <param name="Key">The object's key.</param>
/// <param name="Position">Where it begins in the object, in bytes.</param>
/// <param name="LengthBytes">Its length.</param>
/// <param name="RewriteVersion">The log's version at planning: the commit names it.</param>
internal sealed record MergeRange(
    LogId LogId, long BaseOffset, long LastOffset, string Key, long Position, int LengthBytes, long RewriteVersion);
