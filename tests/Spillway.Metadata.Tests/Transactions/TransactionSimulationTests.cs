namespace Spillway.Metadata.Tests.Transactions;

/// <summary>
/// Goal: no order of events hides a committed record, shows an aborted one, lets the last stable offset go back or pass an open transaction,
/// or tears offsets from data. Method: thousands of random steps against a simple model, from a seed that the test's name shows.
/// </summary>
public sealed class TransactionSimulationTests(ITestOutputHelper output)
{
    private const int Steps = 3_000;

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
    public void No_order_of_events_breaks_a_transaction(int seed)
    {
        output.WriteLine($"seed {seed}");
        var simulation = new TransactionSimulation(seed);

        simulation.Run(Steps);

        output.WriteLine(
            $"{simulation.Committed} committed, {simulation.Aborted} aborted, {simulation.TimedOut} timed out, "
            + $"{simulation.Fenced} refused, {simulation.Renamed} got another producer id");
        Assert.True(simulation is { Committed: > 50, Aborted: > 20, TimedOut: > 0, Fenced: > 50 }, "the steps reach what is to be tested");
    }
}
