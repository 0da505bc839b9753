using Spillway.Metadata.Tests.Groups;

namespace Spillway.Metadata.Tests.ConsumerGroups;

/// <summary>Six consumers, some static, one coordinator after another, drawn from a seed.</summary>
public sealed class ConsumerSimulationTests(ITestOutputHelper output)
{
    [Fact]
    public void Whatever_happens_no_partition_has_two_owners_and_the_group_comes_to_rest()
    {
        var seeds = SimulationSeeds.Draw(60);
        var (handovers, crashes, writes) = (0, 0, 0);
        foreach (var seed in seeds)
        {
            output.WriteLine($"seed {seed}");
            var group = new SimulatedConsumers(seed);
            group.Run(1_500);
            group.ComeToRest();
            handovers += group.Handovers;
            crashes += group.Crashes;
            writes += group.Writes;
        }

        // A simulation in which nothing ever moves would pass every check.
        output.WriteLine($"{handovers} handovers, {crashes} crashes, {writes} writes");
        Assert.True(handovers > 20 * seeds.Length && crashes > 0, $"{handovers} handovers, {crashes} crashes");
    }
}
