using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Spillway.ServiceDefaults.Metrics;
using Xunit;

namespace Spillway.ServiceDefaults.Tests.Metrics;

public sealed class PrometheusExporterTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly IMeterFactory _meters;
    private readonly Meter _meter;
    private readonly PrometheusExporter _exporter;

    public PrometheusExporterTests()
    {
        _meters = _services.GetRequiredService<IMeterFactory>();
        _meter = _meters.Create("Spillway.Test");
        _exporter = new PrometheusExporter(_meters, new ServiceIdentity("test", "1.2.3"));
        _exporter.Start();
    }

    [Fact]
    public void A_counter_adds_up_per_label_set_whatever_the_order_of_the_labels()
    {
        var counter = _meter.CreateCounter<long>("spillway.wal.appended", "By", "Bytes appended.");

        counter.Add(5, new KeyValuePair<string, object?>("zone", "a"), new("api", "Produce"));
        counter.Add(6, new KeyValuePair<string, object?>("api", "Produce"), new("zone", "a"));
        counter.Add(1, new KeyValuePair<string, object?>("api", "Produce"), new("zone", "b"));

        Assert.Equal(
            """
            # HELP spillway_wal_appended_bytes_total Bytes appended.
            # TYPE spillway_wal_appended_bytes_total counter
            spillway_wal_appended_bytes_total{api="Produce",zone="a"} 11
            spillway_wal_appended_bytes_total{api="Produce",zone="b"} 1

            """,
            Read("spillway_wal"));
    }

    [Fact]
    public void Up_down_counters_and_gauges_are_gauges()
    {
        var open = _meter.CreateUpDownCounter<int>("spillway.segment.open.count", "{segment}", "Open segments.");
        var lag = _meter.CreateGauge<double>("spillway.segment.lag", "s", "Age of the oldest segment.");

        open.Add(3);
        open.Add(-1);
        lag.Record(1.5);
        lag.Record(0.25);

        Assert.Equal(
            """
            # HELP spillway_segment_lag_seconds Age of the oldest segment.
            # TYPE spillway_segment_lag_seconds gauge
            spillway_segment_lag_seconds 0.25
            # HELP spillway_segment_open Open segments.
            # TYPE spillway_segment_open gauge
            spillway_segment_open 2

            """,
            Read("spillway_segment"));
    }

    [Fact]
    public void Observed_values_are_asked_for_at_each_scrape_and_vanish_when_they_are_not_told()
    {
        var depths = new Dictionary<string, long> { ["a"] = 1, ["b"] = 2 };
        _meter.CreateObservableGauge(
            "spillway.queue.depth", () => depths.Select(depth => new Measurement<long>(depth.Value, new KeyValuePair<string, object?>("lane", depth.Key))));
        Assert.Equal(2, CountSamples(Read("spillway_queue")));

        depths.Remove("a");
        depths["b"] = 7;

        Assert.Equal(["spillway_queue_depth{lane=\"b\"} 7"], Samples(Read("spillway_queue")));
    }

    [Fact]
    public void A_histogram_has_cumulative_buckets_with_inclusive_bounds()
    {
        var histogram = _meter.CreateHistogram(
            "spillway.flush.duration", "s", "Duration of a flush.", null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });

        foreach (var seconds in (double[])[0.05, 0.1, 0.5, 3])
        {
            histogram.Record(seconds);
        }

        Assert.Equal(
            [
                "spillway_flush_duration_seconds_bucket{le=\"0.1\"} 2",
                "spillway_flush_duration_seconds_bucket{le=\"1\"} 3",
                "spillway_flush_duration_seconds_bucket{le=\"+Inf\"} 4",
                "spillway_flush_duration_seconds_sum 3.65",
                "spillway_flush_duration_seconds_count 4",
            ],
            Samples(Read("spillway_flush")));
    }

    [Fact]
    public void Label_values_are_escaped()
    {
        _meter.CreateCounter<long>("spillway.odd").Add(1, new KeyValuePair<string, object?>("the.path", "a\"b\\c\nd"));

        Assert.Equal(["spillway_odd_total{the_path=\"a\\\"b\\\\c\\nd\"} 1"], Samples(Read("spillway_odd")));
    }

    [Fact]
    public void Parallel_measurements_lose_nothing()
    {
        var counter = _meter.CreateCounter<long>("spillway.parallel");
        var histogram = _meter.CreateHistogram<double>("spillway.parallel.duration", "s");

        Parallel.For(0, 4, lane =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                counter.Add(1, new KeyValuePair<string, object?>("lane", i % 10));
                histogram.Record(0.5);
            }
        });

        var samples = Samples(Read("spillway_parallel"));
        Assert.Equal(10, samples.Count(sample => sample.StartsWith("spillway_parallel_total", StringComparison.Ordinal) && sample.EndsWith(" 4000", StringComparison.Ordinal)));
        Assert.Contains("spillway_parallel_duration_seconds_count 40000", samples);
        Assert.Contains("spillway_parallel_duration_seconds_sum 20000", samples);
    }

    [Fact]
    public void Labels_without_bound_share_one_series_in_the_end()
    {
        var counter = _meter.CreateCounter<long>("spillway.unbounded");

        for (var i = 0; i < SeriesTable.SeriesCountMax * 5; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("client", i));
        }

        var samples = Samples(Read("spillway_unbounded"));
        Assert.Equal(SeriesTable.SeriesCountMax + 1, samples.Count);
        Assert.Contains($"spillway_unbounded_total{{overflow=\"true\"}} {SeriesTable.SeriesCountMax * 4}", samples);
    }

    [Fact]
    public void A_known_series_is_recorded_without_allocation()
    {
        var counter = _meter.CreateCounter<long>("spillway.hot");
        var tags = new TagList { { "zone", "a" }, { "api", "Produce" } };
        counter.Add(1, tags);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            counter.Add(1, tags);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Meters_of_another_host_and_of_strangers_are_not_exposed()
    {
        using var others = new ServiceCollection().AddMetrics().BuildServiceProvider();
        others.GetRequiredService<IMeterFactory>().Create("Spillway.Test").CreateCounter<long>("spillway.foreign").Add(1);
        _meters.Create("Stranger").CreateCounter<long>("spillway.stranger").Add(1);

        Assert.Empty(Read("spillway_foreign"));
        Assert.Empty(Read("spillway_stranger"));
        Assert.Contains("spillway_build_info{service=\"test\",version=\"1.2.3\"} 1", Read("spillway_build"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("wal.flush.duration", "s", MetricKind.Histogram, "wal_flush_duration_seconds")]
    [InlineData("wal.bytes", "By", MetricKind.Counter, "wal_bytes_total")]
    [InlineData("wal.rate", "By/s", MetricKind.Gauge, "wal_rate_bytes_per_second")]
    [InlineData("records.in", "{record}", MetricKind.Counter, "records_in_total")]
    [InlineData("records.total", null, MetricKind.Counter, "records_total")]
    [InlineData("threads.count", null, MetricKind.Gauge, "threads")]
    [InlineData("9 lives--left", null, MetricKind.Gauge, "_9_lives_left")]
    [InlineData("cache.hits", "1", MetricKind.Gauge, "cache_hits_ratio")]
    public void Names_follow_the_conventions(string name, string? unit, object kind, string expected) =>
        Assert.Equal(expected, MetricName.Create(name, unit, (MetricKind)kind));

    public void Dispose()
    {
        _exporter.Dispose();
        _services.Dispose();
    }

    private static List<string> Samples(string text) => [.. text.Split('\n').Where(line => line.Length > 0 && line[0] != '#')];

    private static int CountSamples(string text) => Samples(text).Count;

    /// <summary>The exposition, without what does not begin with the prefix.</summary>
    private string Read(string prefix)
    {
        var output = new ArrayBufferWriter<byte>();
        _exporter.Write(new PrometheusText(output));
        var lines = Encoding.UTF8.GetString(output.WrittenSpan).Split('\n').Where(line =>
            line.StartsWith(prefix, StringComparison.Ordinal)
            || line.StartsWith("# HELP " + prefix, StringComparison.Ordinal)
            || line.StartsWith("# TYPE " + prefix, StringComparison.Ordinal));
        return string.Concat(lines.Select(line => line + "\n"));
    }
}
