using System.Globalization;

namespace Spillway.Raft.Tests.Simulation;

/// <summary>Runs simulations seed by seed, and keeps what came of them.</summary>
internal sealed class SimulationRuns(Action<string> say)
{
    private const int FailuresMax = 5;
    private const int SayEvery = 500;

    private readonly Lock _lock = new();

    // Guarded by _lock.
    private readonly List<string> _failures = [];
    private SimulationCounts _counts = new();

    public SimulationCounts Counts => _counts;

    /// <summary>Each with its seed.</summary>
    public IReadOnlyList<string> Failures => _failures;

    /// <summary>Runs them one by one or, without a budget of time, as many at a time as there are processors.</summary>
    public void Run(SimulationSeeds seeds, TimeProvider time)
    {
        var begun = time.GetTimestamp();
        var parallel = new ParallelOptions
        {
            MaxDegreeOfParallelism = seeds.Budget == TimeSpan.MaxValue ? Environment.ProcessorCount : 1,
        };
        Parallel.For(seeds.First, seeds.Last + 1, parallel, (seed, loop) =>
        {
            Run(seed, begun, time);
            if (_failures.Count >= FailuresMax || time.GetElapsedTime(begun) > seeds.Budget)
            {
                loop.Stop();
            }
        });
        say(string.Create(CultureInfo.InvariantCulture,
            $"seeds from {seeds.First} on, {time.GetElapsedTime(begun).TotalSeconds:F0} s; {_counts}"));
    }

    private void Run(int seed, long begun, TimeProvider time)
    {
        using var simulation = new ClusterSimulation(seed);
        string? failure = null;
        try
        {
            simulation.Run();
        }
        catch (Exception exception) // whatever it is, the seed is worth knowing
        {
            failure = $"seed {seed} (SPILLWAY_RAFT_SEEDS={seed}..{seed} runs it again): {exception}";
        }

        lock (_lock)
        {
            _counts += simulation.Counts;
            if (failure is not null)
            {
                _failures.Add(failure);
            }

            if (_counts.Seeds % SayEvery == 0)
            {
                say(string.Create(CultureInfo.InvariantCulture,
                    $"{_counts.Seeds} seeds, {_failures.Count} failed, {_counts.Acknowledged} commands acknowledged, "
                    + $"{time.GetElapsedTime(begun).TotalSeconds:F0} s"));
            }
        }
    }
}
