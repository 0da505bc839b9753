namespace Spillway.Metadata.Retention;

/// <summary>What a command of retention did.</summary>
/// <param name="Offsets">How many offsets went.</param>
/// <param name="IsComplete">False: it stopped at its bound, and there may be more to take away.</param>
internal sealed record ExpiredRecords(long Offsets, bool IsComplete);
