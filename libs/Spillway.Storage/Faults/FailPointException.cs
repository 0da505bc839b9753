namespace Spillway.Storage.Faults;

/// <summary>
/// Thrown at a fail-point so that the step before it counts as unanswered although it was done. Caught where a lost answer would be.
/// </summary>
public sealed class FailPointException(string failPoint) : Exception($"the answer was lost on purpose at {failPoint}");
