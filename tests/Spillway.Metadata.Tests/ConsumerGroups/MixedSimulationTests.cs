using Spillway.Metadata.Tests.Groups;

namespace Spillway.Metadata.Tests.ConsumerGroups;

/// <summary>Six processes of both protocols, restarted with the other one now and then, one coordinator after another, drawn from a seed.</summary>
public sealed class MixedSimulationTests(ITestOutputHelper output)
{
    [Fact]
    public void While_a_group_migrates_both_ways_no_partition_has_two_owners_and_it_comes_to_rest()
    {
        var seeds = SimulationSeeds.Draw(60);
        var (handovers, crashes, migrations) = (0, 0, 0);
        foreach (var seed in seeds)
        {
            output.WriteLine($"seed {seed}");
            var group = new SimulatedConsumers(seed, mixed: true);
            group.Run(1_500);
            group.ComeToRest();
            handovers += group.Handovers;
            crashes += group.Crashes;
            migrations += group.Migrations;
        }

        // A simulation in which nothing ever moves would pass every check.
        output.WriteLine($"{handovers} handovers, {crashes} crashes, {migrations} migrations");
        Assert.True(
            handovers > 10 * seeds.Length && crashes > 0 && migrations > seeds.Length,
            $"{handovers} handovers, {crashes} crashes, {migrations} migrations");
    }
}
