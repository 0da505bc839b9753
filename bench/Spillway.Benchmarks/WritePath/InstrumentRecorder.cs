using System.Diagnostics.Metrics;

namespace Spillway.Benchmarks.WritePath;

/// <summary>
/// Collects every value that chosen instruments of this process record, for exact quantiles: a scraped histogram has only its buckets.
/// Thread-safe.
/// </summary>
internal sealed class InstrumentRecorder : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, List<double>> _values;
    private readonly Lock _lock = new();

    public InstrumentRecorder(params string[] instruments)
    {
        _values = instruments.ToDictionary(static name => name, static _ => new List<double>(1 << 16));
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (_values.ContainsKey(instrument.Name))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => Add(instrument.Name, value));
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => Add(instrument.Name, value));
        _listener.Start();
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>Forgets what was recorded.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            foreach (var values in _values.Values)
            {
                values.Clear();
            }
        }
    }

    /// <summary>What the instrument recorded since the last <see cref="Clear"/>, sorted.</summary>
    public double[] Sorted(string instrument)
    {
        lock (_lock)
        {
            double[] values = [.. _values[instrument]];
            Array.Sort(values);
            return values;
        }
    }

    private void Add(string instrument, double value)
    {
        lock (_lock)
        {
            _values[instrument].Add(value);
        }
    }
}
