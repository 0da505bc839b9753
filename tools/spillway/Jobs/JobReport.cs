namespace Spillway.Tool.Jobs;

/// <summary>One leased job.</summary>
internal sealed record JobReport(
    long JobId, string Kind, string Holder, int CompactorId, long CompactorEpoch, long LeaseLeftMs, int FailureCount, IReadOnlyList<string> Containers);
