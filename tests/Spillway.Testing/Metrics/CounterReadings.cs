using System.Diagnostics.Metrics;

namespace Spillway.Testing.Metrics;

/// <summary>Adds up what the counters of one factory's meters are told, by instrument and tag values. Thread-safe.</summary>
public sealed class CounterReadings : IMeterFactory
{
    private readonly Lock _lock = new();                            // guards _sums
    private readonly Dictionary<string, long> _sums = new(StringComparer.Ordinal);
    private readonly List<Meter> _meters = [];
    private readonly MeterListener _listener = new();

    /// <summary>Listens to the meters that it makes itself: tests that run side by side do not hear each other.</summary>
    public CounterReadings()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, this))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument.Name, value, tags));
        _listener.Start();
    }

    /// <summary>
    /// The sum of an instrument under tags with these values, in the order in which the code gives them; 0 when there was none.
    /// </summary>
    public long this[string instrument, params string[] tagValues]
    {
        get
        {
            lock (_lock)
            {
                return _sums.GetValueOrDefault(KeyOf(instrument, tagValues));
            }
        }
    }

    public Meter Create(MeterOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Scope = this;
        var meter = new Meter(options);
        _meters.Add(meter);
        return meter;
    }

    public void Dispose()
    {
        _listener.Dispose();
        _meters.ForEach(static meter => meter.Dispose());
    }

    private static string KeyOf(string instrument, IEnumerable<string?> tagValues) => $"{instrument}({string.Join(',', tagValues)})";

    private void Add(string instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var key = KeyOf(instrument, tags.ToArray().Select(static tag => tag.Value?.ToString()));
        lock (_lock)
        {
            _sums[key] = _sums.GetValueOrDefault(key) + value;
        }
    }
}
