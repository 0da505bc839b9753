using Spillway.Raft.Tests.Support;
using Xunit;

namespace Spillway.Raft.Tests;

/// <summary>
/// Goal: no crash, power cut or failing disk makes the log forget, repeat or reorder. Method: seeded simulation of
/// whole lives of a log on a disk that keeps only what was flushed; see <see cref="CrashSimulation"/>.
/// SPILLWAY_RAFT_SEEDS=first..last runs others than the usual ones.
/// </summary>
public sealed class CrashTests
{
    private const int Lives = 8;

    [Fact]
    public void No_crash_loses_repeats_or_reorders_a_command()
    {
        var (first, last) = Seeds();
        var failures = new List<string>();
        var acknowledged = 0;
        var snapshots = 0;
        for (var seed = first; seed <= last && failures.Count < 5; seed++)
        {
            using var simulation = new CrashSimulation(seed);
            try
            {
                simulation.Run(Lives);
            }
            catch (Exception exception)
            {
                failures.Add($"seed {seed}: {exception}");
            }

            acknowledged += simulation.Acknowledged;
            snapshots += simulation.Snapshots;
        }

        TestContext.Current.SendDiagnosticMessage(
            $"seeds {first}..{last}: {acknowledged} acknowledged commands, {snapshots} snapshots");
        Assert.True(failures.Count == 0, string.Join(Environment.NewLine, failures));
        Assert.True(acknowledged > (last - first + 1) * 20, "the simulation must get something done");
        Assert.True(snapshots > last - first, "the simulation must take snapshots");
    }

    [Fact]
    public void The_simulation_catches_a_disk_that_lies_about_flushes()
    {
        var caught = 0;
        for (var seed = 0; seed < 20; seed++)
        {
            using var simulation = new CrashSimulation(seed, lyingDisk: true);
            try
            {
                simulation.Run(Lives);
            }
            catch (Exception)
            {
                caught++;
            }
        }

        Assert.True(caught >= 15, $"only {caught} of 20 seeds noticed that nothing was ever flushed");
    }

    private static (int First, int Last) Seeds()
    {
        var seeds = (Environment.GetEnvironmentVariable("SPILLWAY_RAFT_SEEDS") ?? "0..499").Split("..");
        return (int.Parse(seeds[0]), int.Parse(seeds[1]));
    }
}
