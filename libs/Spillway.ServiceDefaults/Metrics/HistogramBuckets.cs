using System.Diagnostics.Metrics;

namespace Spillway.ServiceDefaults.Metrics;

/// <summary>The upper bounds of a histogram's buckets: the instrument's own advice, else by its unit.</summary>
internal static class HistogramBuckets
{
    // From a warm page cache to a storage failover: an acknowledged flush is 0.5–5 ms, a hard mount may block for a minute.
    private static readonly double[] Seconds =
        [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    // Powers of four from a small batch to a WAL segment.
    private static readonly double[] Bytes =
        [256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864, 268435456];

    private static readonly double[] Counts = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000];

    public static double[] Get(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { Count: > 0 } advised } => [.. advised],
        Histogram<long> { Advice.HistogramBucketBoundaries: { Count: > 0 } advised } => [.. advised.Select(bound => (double)bound)],
        Histogram<int> { Advice.HistogramBucketBoundaries: { Count: > 0 } advised } => [.. advised.Select(bound => (double)bound)],
        _ => GetByUnit(instrument.Unit),
    };

    public static double[] GetByUnit(string? unit) => unit switch
    {
        "s" => Seconds,
        "By" => Bytes,
        _ => Counts,
    };
}
