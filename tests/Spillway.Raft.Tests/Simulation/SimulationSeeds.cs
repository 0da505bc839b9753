using System.Globalization;

namespace Spillway.Raft.Tests.Simulation;

/// <summary>
/// Which seeds to run: those of SPILLWAY_RAFT_SEEDS=first..last, all of them, or fresh ones from the clock for as long as
/// there is time.
/// </summary>
internal sealed record SimulationSeeds(int First, int Last, TimeSpan Budget)
{
    private const int FreshMax = 400;
    private static readonly TimeSpan FreshBudget = TimeSpan.FromSeconds(40);

    public static SimulationSeeds FromEnvironment(TimeProvider time)
    {
        if (Environment.GetEnvironmentVariable("SPILLWAY_RAFT_SEEDS") is { } range)
        {
            var ends = range.Split("..");
            return new SimulationSeeds(
                int.Parse(ends[0], CultureInfo.InvariantCulture), int.Parse(ends[1], CultureInfo.InvariantCulture),
                TimeSpan.MaxValue);
        }

        var first = (int)(time.GetUtcNow().ToUnixTimeSeconds() % 1_000_000_000);
        return new SimulationSeeds(first, first + FreshMax - 1, FreshBudget);
    }
}
