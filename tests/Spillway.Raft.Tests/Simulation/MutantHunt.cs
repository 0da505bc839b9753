using System.Globalization;
using Xunit;

namespace Spillway.Raft.Tests.Simulation;

/// <summary>
/// Runs simulations of a cluster with a bug until one of them notices. The seeds are always the same; how many it may take is
/// chosen so that missing the bug by chance, after a change of the code, is less likely than one in a thousand. With
/// SPILLWAY_RAFT_SEEDS=first..last all those are run, to see how likely one is to notice.
/// </summary>
internal sealed class MutantHunt(ITestOutputHelper output)
{
    public void Catches(SimulationSetup setup, int seedsMax)
    {
        var rate = Environment.GetEnvironmentVariable("SPILLWAY_RAFT_SEEDS") is not null;
        var seeds = rate
            ? SimulationSeeds.FromEnvironment(TimeProvider.System)
            : new SimulationSeeds(1, seedsMax, TimeSpan.MaxValue);
        var time = TimeProvider.System;
        var begun = time.GetTimestamp();
        var caught = new List<(int Seed, HistoryViolationException Violation)>();
        var seed = seeds.First;
        for (; seed <= seeds.Last && (rate || caught.Count == 0); seed++)
        {
            if (Find(seed, setup) is { } violation)
            {
                caught.Add((seed, violation));
            }
        }

        var noticed = string.Join(", ", caught.Take(20).Select(static each => $"{each.Seed} {each.Violation.Rule}"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{caught.Count} of {seed - seeds.First} seeds, {time.GetElapsedTime(begun).TotalSeconds:F1} s: {noticed}"));
        Assert.True(caught.Count > 0, $"none of {seedsMax} seeds noticed");
        output.WriteLine(caught[0].Violation.Message);
    }

    private static HistoryViolationException? Find(int seed, SimulationSetup setup)
    {
        using var simulation = new ClusterSimulation(seed, setup);
        try
        {
            simulation.Run();
            return null;
        }
        catch (HistoryViolationException violation)
        {
            return violation;
        }
    }
}
