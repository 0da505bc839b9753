namespace Spillway.Chaos.Workload;

/// <summary>One worker.</summary>
/// <param name="Process">Its number.</param>
/// <param name="Zone">The number of its zone: where its clients begin.</param>
/// <param name="IsIdempotent">Whether its producer has sequence numbers.</param>
/// <param name="Group">The group of its consumer; null for one that assigns.</param>
internal sealed record WorkerSettings(int Process, int Zone, bool IsIdempotent, string? Group);
