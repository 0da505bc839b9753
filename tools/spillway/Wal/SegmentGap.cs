namespace Spillway.Tool.Wal;

/// <summary>A stretch of a segment without an intact block.</summary>
/// <param name="Position">Where it begins.</param>
/// <param name="LengthBytes">How long it is.</param>
/// <param name="Problem">Null: zeros, never written. Else what lies there.</param>
internal sealed record SegmentGap(long Position, long LengthBytes, string? Problem);
