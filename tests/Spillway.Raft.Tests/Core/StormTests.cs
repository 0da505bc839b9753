using System.Globalization;
using Spillway.Raft.Core;
using Xunit;

namespace Spillway.Raft.Tests.Core;

/// <summary>
/// Thousands of short storms over bare cores. SPILLWAY_RAFT_CORE_SEEDS sets how many, SPILLWAY_RAFT_CORE_SEED the first one.
/// </summary>
public sealed class StormTests
{
    // The rarest catch so far is one seed in five hundred; none of them runs to this end while it is caught.
    private const int SeedsMax = 6000;

    public static TheoryData<string> CaughtMutants { get; } = [.. Mutants.CaughtByStorms.Keys];

    [Fact]
    public void No_storm_makes_the_cores_disagree() => RunSeeds(null, Number("SPILLWAY_RAFT_CORE_SEEDS", 500));

    [Fact]
    public void The_rules_hold_where_a_leader_goes_further_back_than_it_must() =>
        RunSeeds(new Mutants.GoesFarBack(), Number("SPILLWAY_RAFT_CORE_SEEDS", 500) / 4);

    /// <summary>Each bug is one somebody made; a storm that does not show it proves nothing about the rule.</summary>
    [Theory]
    [MemberData(nameof(CaughtMutants))]
    public void A_storm_catches_a_core_that(string mutant)
    {
        var rules = Mutants.CaughtByStorms[mutant];
        for (var seed = 1; seed <= SeedsMax; seed++)
        {
            try
            {
                new CoreStorm(seed, rules).Run();
            }
            catch (Exception exception) when (exception is UnsoundException or ArgumentException or InvalidOperationException)
            {
                TestContext.Current.TestOutputHelper?.WriteLine($"caught by seed {seed}: {exception.Message}");
                return;
            }
        }

        Assert.Fail($"A core that {mutant} survived {SeedsMax} storms.");
    }

    private static void RunSeeds(RaftRules? rules, int count)
    {
        var first = Number("SPILLWAY_RAFT_CORE_SEED", 1);
        int applied = 0, leaders = 0, reads = 0;
        for (var seed = first; seed < first + count; seed++)
        {
            var storm = new CoreStorm(seed, rules);
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
