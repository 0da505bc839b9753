using Spillway.Kafka;

namespace Spillway.Storage.Objects.Format;

/// <summary>
/// A contiguous range of one log's offsets inside one object, as metadata's index names it: whole data blocks, back to back.
/// </summary>
/// <param name="LogId">The log.</param>
/// <param name="BaseOffset">Its first offset.</param>
/// <param name="LastOffset">Its last offset, inclusive.</param>
/// <param name="MaxTimestamp">Highest timestamp in it, in ms.</param>
/// <param name="Position">Where it begins in the object, in bytes.</param>
/// <param name="LengthBytes">How long it is.</param>
public readonly record struct ObjectExtent(
    LogId LogId,
    long BaseOffset,
    long LastOffset,
    long MaxTimestamp,
    long Position,
    long LengthBytes);
