using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;

namespace Spillway.ServiceDefaults.Metrics;

/// <summary>
/// Keeps what the instruments of this process report and exposes it in Prometheus's text format. Measurements come from any
/// thread and take no lock; one scrape runs at a time.
/// </summary>
internal sealed class PrometheusExporter : IDisposable
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    // Ours, the runtime's and the sockets'. Others (HTTP routes, outgoing requests) cost on the path and tell us nothing new.
    private static readonly string[] MeterPrefixes = ["Spillway", "System.Runtime", "Microsoft.AspNetCore.Server.Kestrel"];

    private readonly ConcurrentDictionary<Instrument, Metric> _metrics = new();
    private readonly Lock _collecting = new(); // guards _collection and the observed values
    private readonly MeterListener _listener = new();
    private readonly IMeterFactory _meters;
    private long _collection;

    public PrometheusExporter(IMeterFactory meters, ServiceIdentity identity)
    {
        _meters = meters;
        _listener.InstrumentPublished = OnPublished;
        _listener.MeasurementsCompleted = (instrument, _) => _metrics.TryRemove(instrument, out Metric? _);
        _listener.SetMeasurementEventCallback<byte>((_, value, tags, state) => RecordInteger(value, tags, state));
        _listener.SetMeasurementEventCallback<short>((_, value, tags, state) => RecordInteger(value, tags, state));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, state) => RecordInteger(value, tags, state));
        _listener.SetMeasurementEventCallback<long>((_, value, tags, state) => RecordInteger(value, tags, state));
        _listener.SetMeasurementEventCallback<float>((_, value, tags, state) => RecordFraction(value, tags, state));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, state) => RecordFraction(value, tags, state));
        _listener.SetMeasurementEventCallback<decimal>((_, value, tags, state) => RecordFraction((double)value, tags, state));
        meters.Create("Spillway.Service").CreateObservableGauge(
            "spillway.build.info",
            () => new Measurement<long>(1, new("service", identity.Name), new("version", identity.Version)),
            description: "Which service and version this process is; always 1.");
    }

    /// <summary>Begins to listen; instruments that exist already are heard from now on.</summary>
    public void Start() => _listener.Start();

    public async Task WriteAsync(HttpContext context)
    {
        context.Response.ContentType = ContentType;
        Write(new PrometheusText(context.Response.BodyWriter));
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    public void Write(PrometheusText text)
    {
        lock (_collecting)
        {
            _collection++;
            _listener.RecordObservableInstruments();

            // Instruments of one name are one metric: its lines must stand together under one header.
            foreach (var metrics in _metrics.Values.GroupBy(metric => metric.Name).OrderBy(group => group.Key, StringComparer.Ordinal))
            {
                text.Write([.. metrics], _collection);
            }
        }
    }

    public void Dispose() => _listener.Dispose();

    private void OnPublished(Instrument instrument, MeterListener listener)
    {
        // A meter made by another host's factory (tests run several in one process) is not ours to expose.
        var isOurs = instrument.Meter.Scope is not IMeterFactory || ReferenceEquals(instrument.Meter.Scope, _meters);
        if (isOurs && MeterPrefixes.Any(prefix => instrument.Meter.Name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            var metric = Metric.Create(instrument);
            _metrics[instrument] = metric;
            listener.EnableMeasurementEvents(instrument, metric);
        }
    }

    private void RecordInteger(long value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        var metric = (Metric)state!;
        if (metric.Kind == MetricKind.Histogram || metric.IsSet)
        {
            RecordFraction(value, tags, state);
            return;
        }

        metric.Series.GetOrAdd(tags).Add(value);
    }

    private void RecordFraction(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        var metric = (Metric)state!;
        var series = metric.Series.GetOrAdd(tags);
        if (metric.Kind == MetricKind.Histogram)
        {
            series.Record(value);
        }
        else if (metric.IsSet)
        {
            series.Set(value);
            series.Collection = _collection;
        }
        else
        {
            series.Add(value);
        }
    }
}
