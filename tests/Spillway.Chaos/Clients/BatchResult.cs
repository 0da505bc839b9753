using Spillway.History.Events;

namespace Spillway.Chaos.Clients;

/// <summary>What became of a batch.</summary>
/// <param name="Outcome">Whether it is in the log.</param>
/// <param name="BaseOffset">Where it begins, −1 if that is not known.</param>
/// <param name="Error">Why it is not certainly there.</param>
internal readonly record struct BatchResult(Outcome Outcome, long BaseOffset = -1, string? Error = null);
