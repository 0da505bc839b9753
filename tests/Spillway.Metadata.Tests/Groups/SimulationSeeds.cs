namespace Spillway.Metadata.Tests.Groups;

/// <summary>Seeds of one run of a simulation: SPILLWAY_TEST_SEEDS of them from SPILLWAY_TEST_SEED on; else a few, each time others.</summary>
internal static class SimulationSeeds
{
    public static int[] Draw(int count)
    {
        var first = int.TryParse(Environment.GetEnvironmentVariable("SPILLWAY_TEST_SEED"), out var given)
            ? given
            : Environment.TickCount & 0xFFFFFF;
        return [.. Enumerable.Range(
            first, int.TryParse(Environment.GetEnvironmentVariable("SPILLWAY_TEST_SEEDS"), out var wanted) ? wanted : count)];
    }
}
