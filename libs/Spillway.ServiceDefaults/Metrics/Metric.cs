using System.Diagnostics.Metrics;

namespace Spillway.ServiceDefaults.Metrics;

/// <summary>One instrument as it is exposed.</summary>
internal sealed class Metric
{
    private Metric(Instrument instrument, MetricKind kind, bool isObserved, double[]? bounds)
    {
        Name = MetricName.Create(instrument.Name, instrument.Unit, kind);
        Help = instrument.Description is { Length: > 0 } description ? description : instrument.Name;
        Kind = kind;
        IsObserved = isObserved;
        IsSet = isObserved || instrument.GetType().Name.StartsWith("Gauge", StringComparison.Ordinal);
        Bounds = bounds;
        Series = new SeriesTable(bounds);
    }

    public string Name { get; }

    public string Help { get; }

    public MetricKind Kind { get; }

    /// <summary>Whether its values are asked for when somebody looks.</summary>
    public bool IsObserved { get; }

    /// <summary>Whether a measurement is the value itself and not a step.</summary>
    public bool IsSet { get; }

    public double[]? Bounds { get; }

    public SeriesTable Series { get; }

    public static Metric Create(Instrument instrument)
    {
        var type = instrument.GetType();
        var generic = type.IsGenericType ? type.GetGenericTypeDefinition() : null;
        var isHistogram = generic == typeof(Histogram<>);
        var isCounter = generic == typeof(Counter<>) || generic == typeof(ObservableCounter<>);
        var kind = isHistogram ? MetricKind.Histogram : isCounter ? MetricKind.Counter : MetricKind.Gauge;
        return new Metric(instrument, kind, instrument.IsObservable, isHistogram ? HistogramBuckets.Get(instrument) : null);
    }
}
