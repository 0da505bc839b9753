namespace Spillway.Metadata.Tests.Groups;

/// <summary>Six clients, some static, one coordinator, drawn from a seed.</summary>
public sealed class GroupSimulationTests(ITestOutputHelper output)
{
    [Fact]
    public void Whatever_happens_no_generation_mixes_with_another_and_the_group_comes_to_rest()
    {
        var seeds = SimulationSeeds.Draw(60);
        var (syncs, commits) = (0, 0);
        foreach (var seed in seeds)
        {
            output.WriteLine($"seed {seed}");
            var group = new SimulatedGroup(seed);
            group.Run(1_500);
            group.ComeToRest();
            syncs += group.CompletedSyncs;
            commits += group.AcceptedCommits;
        }

        // A simulation in which nothing ever works would pass every check.
        output.WriteLine($"{syncs} syncs, {commits} commits");
        Assert.True(syncs > 16 * seeds.Length && commits > seeds.Length, $"{syncs} syncs, {commits} commits");
    }
}
