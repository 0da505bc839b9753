using System.Diagnostics.Metrics;

namespace Spillway.Raft.Tests.Support;

/// <summary>Meters that live as long as it does: the runtime keeps every meter that nobody disposes.</summary>
internal sealed class TestMeterFactory : IMeterFactory
{
    private readonly List<Meter> _meters = [];

    public Meter Create(MeterOptions options)
    {
        var meter = new Meter(options);
        _meters.Add(meter);
        return meter;
    }

    public void Dispose() => _meters.ForEach(static meter => meter.Dispose());
}
