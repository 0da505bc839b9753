namespace Spillway.ServiceDefaults.Metrics;

/// <summary>The three shapes of a metric in the exposition.</summary>
internal enum MetricKind
{
    Counter,
    Gauge,
    Histogram,
}
