namespace Spillway.Metadata.Tests.Simulation;

/// <summary>
/// Goal: no order of events loses, doubles or reorders an acknowledged record, deletes what is named, or keeps what is not.
/// Method: thousands of random steps against a simple model, from a seed that the test's name shows; plus one new seed a run.
/// </summary>
public sealed class MetadataSimulationTests(ITestOutputHelper output)
{
    private const int Steps = 2_000;

    public static TheoryData<int> Seeds => [1, 2, 3, 4, 5, Environment.TickCount];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void No_order_of_events_breaks_an_invariant(int seed)
    {
        output.WriteLine($"seed {seed}");
        var simulation = new MetadataSimulation(seed);

        simulation.Run(Steps);
        simulation.Quiesce();
    }
}
