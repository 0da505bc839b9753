using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Spillway.ServiceDefaults.Loops;

/// <summary>What every loop measures of itself.</summary>
public sealed class LoopMetrics
{
    private readonly Histogram<double> _stepDuration;
    private readonly Counter<long> _failures;

    /// <summary>Creates the instruments.</summary>
    public LoopMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Spillway.Loops");
        _stepDuration = meter.CreateHistogram<double>("spillway.loop.step.duration", "s", "Duration of one step of a background loop.");
        _failures = meter.CreateCounter<long>("spillway.loop.failures", "{failure}", "Steps that ended their loop by an unexpected exception.");
    }

    internal bool Enabled => _stepDuration.Enabled;

    internal void StepEnded(string loop, TimeSpan duration) =>
        _stepDuration.Record(duration.TotalSeconds, new TagList { { "loop", loop } });

    internal void StepFailed(string loop) => _failures.Add(1, new TagList { { "loop", loop } });
}
