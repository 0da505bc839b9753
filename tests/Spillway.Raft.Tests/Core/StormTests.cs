using System.Globalization;
using Xunit;

namespace Spillway.Raft.Tests.Core;

/// <summary>
/// Thousands of short storms over bare cores. SPILLWAY_RAFT_CORE_SEEDS sets how many, SPILLWAY_RAFT_CORE_SEED the first one.
/// </summary>
public sealed class StormTests
{
    [Fact]
    public void No_storm_makes_the_cores_disagree()
    {
        var first = Number("SPILLWAY_RAFT_CORE_SEED", 1);
        var count = Number("SPILLWAY_RAFT_CORE_SEEDS", 1000);
        int applied = 0, leaders = 0, reads = 0;
        for (var seed = first; seed < first + count; seed++)
        {
            var storm = new CoreStorm(seed);
            try
            {
                storm.Run();
            }
            catch (Exception exception)
            {
                throw new UnsoundException($"Seed {seed}: {exception}");
            }

            applied += storm.Witness.AppliedCount;
            leaders += storm.Witness.LeaderCount;
            reads += storm.Witness.ReadCount;
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"seeds {first}..{first + count - 1}: {applied} entries, {leaders} leaders, {reads} reads");
        Assert.True(applied > 20 * count, $"only {applied} entries: the storms are too strong to mean anything");
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var value)
            ? value
            : otherwise;
}
