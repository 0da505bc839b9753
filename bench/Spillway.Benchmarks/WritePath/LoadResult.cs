namespace Spillway.Benchmarks.WritePath;

/// <summary>What the generator of load, a process of its own, tells on its last line.</summary>
internal sealed record LoadResult(
    long Requests, long Bytes, double Seconds, double P50Ms, double P99Ms, double P999Ms, double MaxMs)
{
    public double MegabytesPerSecond => Bytes / 1e6 / Seconds;
}
