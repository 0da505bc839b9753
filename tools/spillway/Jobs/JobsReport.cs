namespace Spillway.Tool.Jobs;

/// <summary>What <see cref="JobList"/> was told.</summary>
internal sealed record JobsReport(
    IReadOnlyList<JobReport> Jobs, long DrainableBytes, int DrainableSegments, int GarbageCount, long OldestGarbageMs, int LogsToMerge)
{
    /// <summary>Null: metadata is of a version without it.</summary>
    public ScrubReport? Scrub { get; init; }
}
