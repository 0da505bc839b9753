using System.Globalization;
using Spillway.EndToEnd.Tests.Bulk;
using Spillway.EndToEnd.Tests.Processes;
using Spillway.EndToEnd.Tests.Wire;
using Spillway.Testing;
using Xunit;

namespace Spillway.EndToEnd.Tests.MetadataNodes;

/// <summary>
/// Three metadata nodes under a stock producer: the leader goes, a follower goes, all of them go. What was acknowledged stays,
/// once and in its place, and the client sees nothing but a delay.
/// </summary>
public sealed class LeaderTests
{
    // SPILLWAY_E2E_METADATA_ROUNDS=50 for the long run.
    private static readonly int Rounds = int.Parse(
        Environment.GetEnvironmentVariable("SPILLWAY_E2E_METADATA_ROUNDS") ?? "3", CultureInfo.InvariantCulture);

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task When_the_leader_is_killed_producing_goes_on_within_three_seconds()
    {
        await using var cluster = await StartAsync("leader");
        await using var nodes = new MetadataNodes(cluster);
        await using var producer = await SteadyProducer.StartAsync(cluster, "leader");
        var kills = new List<DateTime>();
        for (var round = 0; round < Rounds; round++)
        {
            await nodes.AllInStepAsync(cluster.MetadataAddress(1), 3);
            var leader = await nodes.FindLeaderAsync();
            kills.Add(Now());
            await nodes.Kill9Async(leader);
            await producer.GoesOnAsync(500);
            nodes.Restart(leader);
        }

        var times = await producer.FinishAsync();

        var gaps = kills.ConvertAll(kill => SteadyProducer.LongestGap(times, kill, Window));
        Tell("gap after a kill", gaps);
        Assert.InRange(gaps.Order().ElementAt(gaps.Count / 2), TimeSpan.Zero, QuietMachine.Bound(TimeSpan.FromSeconds(3)));
    }

    [Fact]
    public async Task All_nodes_killed_at_once_lose_nothing_that_was_acknowledged()
    {
        await using var cluster = await StartAsync("all");
        await using var nodes = new MetadataNodes(cluster);
        await using var producer = await SteadyProducer.StartAsync(cluster, "all");
        var kills = new List<DateTime>();
        for (var round = 0; round < Rounds; round++)
        {
            await nodes.FindLeaderAsync();
            kills.Add(Now());
            await nodes.Kill9Async(1, 2, 3);
            nodes.Restart(1);
            nodes.Restart(2);
            nodes.Restart(3);
            await producer.GoesOnAsync(500);
        }

        var times = await producer.FinishAsync();

        Tell("gap after all were killed", kills.ConvertAll(kill => SteadyProducer.LongestGap(times, kill, Window)));
    }

    [Fact]
    public async Task A_follower_that_restarts_and_a_leader_that_stops_are_hardly_noticed()
    {
        await using var cluster = await StartAsync("restarts");
        await using var nodes = new MetadataNodes(cluster);
        await using var producer = await SteadyProducer.StartAsync(cluster, "restarts");
        var (followers, leaders) = (new List<DateTime>(), new List<DateTime>());
        for (var round = 0; round < Rounds; round++)
        {
            await nodes.AllInStepAsync(cluster.MetadataAddress(1), 3);
            var leader = await nodes.FindLeaderAsync();
            var follower = (leader % 3) + 1;
            followers.Add(Now());
            await nodes.Kill9Async(follower);
            await producer.GoesOnAsync(500);
            nodes.Restart(follower);
            await nodes.AllInStepAsync(cluster.MetadataAddress(leader), 3);

            leaders.Add(Now());
            await nodes.TerminateAsync(leader);
            await producer.GoesOnAsync(500);
            nodes.Restart(leader);
        }

        var times = await producer.FinishAsync();

        var (killed, stopped) = (
            followers.ConvertAll(kill => SteadyProducer.LongestGap(times, kill, TimeSpan.FromSeconds(3))),
            leaders.ConvertAll(stop => SteadyProducer.LongestGap(times, stop, TimeSpan.FromSeconds(3))));
        Tell("gap after a follower was killed", killed);
        Tell("gap while a leader stopped", stopped);

        // About 0.1 s, and 0.3 to 0.8 s, where nothing else runs.
        Assert.InRange(killed.Order().ElementAt(Rounds / 2), TimeSpan.Zero, QuietMachine.Bound(TimeSpan.FromSeconds(2)));
        Assert.InRange(stopped.Order().ElementAt(Rounds / 2), TimeSpan.Zero, QuietMachine.Bound(TimeSpan.FromSeconds(2)));
    }

    internal static async Task<FiveProcessCluster> StartAsync(
        string topic, int metadataNodes = 3, Dictionary<string, string[]>? settings = null)
    {
        await BulkClient.RequireAsync();
        var cluster = new FiveProcessCluster { MetadataNodes = metadataNodes, Settings = settings ?? [] };
        await cluster.InitializeAsync();
        await using var connection = await RawConnection.OpenAsync(cluster);
        await connection.CreateTopicAsync(topic, SteadyProducer.PartitionCount);
        return cluster;
    }

    internal static DateTime Now() => TimeProvider.System.GetUtcNow().UtcDateTime;

    internal static void Tell(string what, IEnumerable<TimeSpan> times) => TestContext.Current.TestOutputHelper!.WriteLine(
        $"{what}: {string.Join(", ", times.Select(static time => $"{time.TotalMilliseconds:0} ms"))}");
}
