namespace Spillway.Tool.Jobs;

/// <summary>One object that the scrub found damaged.</summary>
internal sealed record DamagedReport(long ObjectId, string Key, string Damage, long Position, string Reason, long FoundMs);
