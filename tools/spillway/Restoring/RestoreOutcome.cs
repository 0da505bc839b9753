namespace Spillway.Tool.Restoring;

/// <summary>What a restore left behind.</summary>
/// <param name="ClusterId">The cluster.</param>
/// <param name="Incarnation">The incarnation that it began.</param>
/// <param name="Report">What it said, line by line.</param>
/// <param name="Confirmation">The setting of all metadata nodes that confirms it.</param>
internal sealed record RestoreOutcome(string ClusterId, long Incarnation, IReadOnlyList<string> Report, string Confirmation);
