namespace Spillway.Metadata.Tests.Simulation;

/// <summary>
/// Goal: no order of events loses, doubles or reorders an acknowledged record, deletes what is named, or keeps what is not.
/// Method: thousands of random steps against a simple model, from a seed that the test's name shows; plus one new seed a run.
/// </summary>
public sealed class MetadataSimulationTests(ITestOutputHelper output)
{
    private const int Steps = 2_000;

    /// <summary>A few that never change and a new one; SPILLWAY_SIMULATION_SEEDS=n asks for n new ones.</summary>
    public static TheoryData<int> Seeds
    {
        get
        {
            var fresh = int.TryParse(Environment.GetEnvironmentVariable("SPILLWAY_SIMULATION_SEEDS"), out var count) ? count : 1;
            return [1, 2, 3, 4, 5, .. Enumerable.Range(Environment.TickCount & 0xFFFFFF, fresh)];
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void No_order_of_events_breaks_an_invariant(int seed)
    {
        output.WriteLine($"seed {seed}");
        var simulation = new MetadataSimulation(seed);

        simulation.Run(Steps);
        simulation.Quiesce();
        output.WriteLine($"{simulation.MergedRangeCount} entries merged");
        Assert.True(simulation.MergedRangeCount > 0 || seed > 5, "no merge in a seed that has some");
    }
}
