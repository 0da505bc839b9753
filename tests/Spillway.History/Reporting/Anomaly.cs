namespace Spillway.History.Reporting;

/// <summary>One thing that is wrong.</summary>
/// <param name="Kind">What.</param>
/// <param name="Key">The partition or group, empty where it is none's.</param>
/// <param name="Line">The line of the history at which it showed, 0 when it is something that never happened.</param>
/// <param name="Details">The values, offsets and processes, for people.</param>
public sealed record Anomaly(AnomalyKind Kind, string Key, long Line, string Details)
{
    public override string ToString() => $"{Kind} {Key}{(Line > 0 ? $" line {Line}" : "")}: {Details}";
}
