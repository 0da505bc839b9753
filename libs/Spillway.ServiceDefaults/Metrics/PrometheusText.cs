using System.Buffers;
using System.Globalization;
using System.Text;

namespace Spillway.ServiceDefaults.Metrics;

/// <summary>
/// Prometheus's text exposition format, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format):
/// <c># HELP name text LF # TYPE name kind LF (name [{labels}] SP value LF)*</c>.
/// </summary>
internal sealed class PrometheusText(IBufferWriter<byte> output)
{
    /// <summary>Writes the instruments that share a name under one header.</summary>
    /// <param name="metrics">The instruments; those of another kind than the first are left out, the format has no place for them.</param>
    /// <param name="collection">The running number of this collection; observed values of earlier ones are left out.</param>
    public void Write(IReadOnlyList<Metric> metrics, long collection)
    {
        var first = metrics[0];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var metric in metrics)
        {
            foreach (var series in metric.Series.Snapshot())
            {
                var isStale = metric.IsObserved && series.Collection != collection;
                if (metric.Kind != first.Kind || isStale || !seen.Add(series.Labels))
                {
                    continue;
                }

                if (seen.Count == 1)
                {
                    WriteHeader(first);
                }

                WriteSeries(metric, series);
            }
        }
    }

    private void WriteHeader(Metric metric)
    {
        var help = metric.Help.Replace("\\", "\\\\", StringComparison.Ordinal).ReplaceLineEndings("\\n");
        var kind = metric.Kind switch { MetricKind.Counter => "counter", MetricKind.Gauge => "gauge", _ => "histogram" };
        WriteText($"# HELP {metric.Name} {help}\n# TYPE {metric.Name} {kind}\n");
    }

    private void WriteSeries(Metric metric, Series series)
    {
        if (metric.Kind != MetricKind.Histogram)
        {
            WriteSample(metric.Name, series.Labels, series.Value);
            return;
        }

        var separator = series.Labels.Length == 0 ? "" : ",";
        var bounds = metric.Bounds!;
        var sum = series.Value;
        long count = 0;
        for (var bucket = 0; bucket <= bounds.Length; bucket++)
        {
            count += series.GetBucketCount(bucket);
            var bound = bucket == bounds.Length ? "+Inf" : Format(bounds[bucket]);
            WriteSample(metric.Name + "_bucket", $"{series.Labels}{separator}le=\"{bound}\"", count);
        }

        WriteSample(metric.Name + "_sum", series.Labels, sum);
        WriteSample(metric.Name + "_count", series.Labels, count);
    }

    private void WriteSample(string name, string labels, double value) =>
        WriteText(labels.Length == 0 ? $"{name} {Format(value)}\n" : $"{name}{{{labels}}} {Format(value)}\n");

    private static string Format(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private void WriteText(string text) => Encoding.UTF8.GetBytes(text, output);
}
