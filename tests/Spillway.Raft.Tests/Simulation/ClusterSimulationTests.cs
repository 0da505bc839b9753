using Xunit;

namespace Spillway.Raft.Tests.Simulation;

/// <summary>
/// Goal: nothing that happens to a cluster makes it forget, repeat, reorder or misreport a command, answer a read from the
/// past, or stay apart once all is well. Method: seeded simulation of clusters of one, three and five nodes, whole but
/// for network, clock and disk, under all kinds of harm at once; see <see cref="ClusterSimulation"/>. Each run takes fresh
/// seeds and says which; SPILLWAY_RAFT_SEEDS=first..last runs those, and <c>make soak-raft</c> thousands.
/// </summary>
public sealed class ClusterSimulationTests(ITestOutputHelper output)
{
    [Fact]
    public void Whatever_fails_a_cluster_keeps_its_promises()
    {
        var runs = new SimulationRuns(output.WriteLine);
        runs.Run(SimulationSeeds.FromEnvironment(TimeProvider.System), TimeProvider.System);
        TestContext.Current.SendDiagnosticMessage(runs.Counts.ToString());

        Assert.True(runs.Failures.Count == 0, string.Join(Environment.NewLine, runs.Failures));
        var counts = runs.Counts;
        Assert.True(counts.Acknowledged > counts.Seeds * 300L, $"the simulation must get something done: {counts}");
        Assert.True(counts.Starts > counts.Seeds * 5L, $"the simulation must do harm: {counts}");
        Assert.True(counts.Terms > counts.Seeds * 3L, $"the simulation must change leaders: {counts}");
    }

    [Fact]
    public void Two_runs_of_one_seed_are_the_same()
    {
        for (var seed = 1; seed <= 8; seed++)
        {
            var (first, second) = (Run(seed), Run(seed));

            Assert.Equal(first, second);
            Assert.NotEqual(first.Hash, Run(seed + 1000).Hash);
        }
    }

    private static (ulong Hash, string Counts) Run(int seed)
    {
        using var simulation = new ClusterSimulation(seed, new SimulationSetup { Duration = TimeSpan.FromSeconds(10) });
        simulation.Run();
        return (simulation.MessageHash, simulation.Counts.ToString());
    }
}
