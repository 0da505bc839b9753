namespace Spillway.Tool.Wal;

/// <summary>One block whose header and directory are intact.</summary>
/// <param name="Problem">What is wrong with its payload; null: nothing.</param>
/// <param name="Batches">Its directory, where it was asked for.</param>
internal sealed record SegmentBlockReport(
    long BlockSeq, long Position, int HeadBytes, int PayloadBytes, int BatchCount, string? Problem, IReadOnlyList<SegmentBatchReport>? Batches);
