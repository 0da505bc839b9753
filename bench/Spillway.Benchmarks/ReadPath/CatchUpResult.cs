namespace Spillway.Benchmarks.ReadPath;

/// <summary>What a pass over a topic took.</summary>
internal sealed record CatchUpResult(long Bytes, double Seconds)
{
    public double MegabytesPerSecond => Bytes / Seconds / 1e6;
}
