using System.Text.Json;
using Spillway.EndToEnd.Tests.Processes;
using Spillway.EndToEnd.Tests.Wire;
using Spillway.Kafka.Errors;
using Spillway.Testing.Processes;
using Xunit;

namespace Spillway.EndToEnd.Tests.Clients;

/// <summary>What Kafka's own client does that no other one here does.</summary>
[Collection<FiveProcesses>]
public sealed class KafkaJavaTests(FiveProcessFixture cluster)
{
    private const string Client = "kafka-java";
    private const int Count = 200;
    private const int FrontendHealth = 204;

    /// <summary>KIP-227: partitions come, rest, go and come again in one session; what is not asked for again is not sent, and nothing is lost.</summary>
    [Fact]
    public async Task A_fetch_session_follows_the_partitions_of_its_consumer_and_is_closed_with_it()
    {
        const int PartitionCount = 24;
        const int RoundCount = 20;
        var topic = await CreateTopicAsync("sessions", PartitionCount);

        var play = StockClient.Find(Client).PlayAsync(cluster, "sessions", topic, $"{RoundCount}");
        var most = 0.0;
        await Deadline.UntilAsync(
            async () => (most = Math.Max(most, await SessionsAsync())) > 0 || play.IsCompleted,
            TimeSpan.FromSeconds(60), "a session", TestContext.Current.CancellationToken);
        var seen = Assert.Single(await play);

        Assert.InRange(most, 1, 2);
        var expected = Enumerable.Range(0, PartitionCount).SelectMany(static p => Enumerable.Range(0, RoundCount).Select(round => $"{p}:{round}"));
        Assert.Equal(expected.Order(), Strings(seen, "values").Order());
        foreach (var partition in Strings(seen, "values").Select(static v => v.Split(':')).GroupBy(static v => v[0], static v => int.Parse(v[1])))
        {
            Assert.Equal(Enumerable.Range(0, RoundCount), partition);
        }

        Assert.Equal(0, await SessionsAsync());
    }

    [Fact]
    public async Task Members_of_the_consumer_protocol_share_the_partitions_and_go_on_when_one_leaves()
    {
        var topic = await CreateTopicAsync("protocol", 6);

        var seen = Assert.Single(await StockClient.Find(Client).PlayAsync(cluster, "consumer:group", topic, topic + "-g", $"{Count}"));

        StockClientTests.AssertShared(seen.GetProperty("three"), memberCount: 3);
        StockClientTests.AssertShared(seen.GetProperty("two"), memberCount: 2);
        Assert.Equal(Enumerable.Range(0, 2 * Count).Select(static i => $"v-{i}").Order(), Strings(seen, "values").Distinct().Order());
    }

    [Theory]
    [InlineData("", "Classic", "range")]
    [InlineData("consumer:", "Consumer", "uniform")]
    public async Task A_group_is_described_with_its_type_and_assignor(string protocol, string type, string assignor)
    {
        var topic = await CreateTopicAsync("describe", 2);

        var seen = Assert.Single(await StockClient.Find(Client).PlayAsync(cluster, protocol + "describe", topic, topic + "-g"));

        Assert.Contains(topic + "-g", Strings(seen, "groups"));
        Assert.Equal(("Stable", type, assignor), (Text(seen, "state"), Text(seen, "type"), Text(seen, "assignor")));
        Assert.Equal(1, seen.GetProperty("members").GetInt32());
    }

    [Fact]
    public async Task Records_and_offsets_of_groups_are_set_and_deleted()
    {
        var topic = $"delete-{Guid.NewGuid():N}"[..24];

        var seen = Assert.Single(await StockClient.Find(Client).PlayAsync(cluster, "admin", topic));

        var end = seen.GetProperty("end").GetInt64();
        Assert.InRange(end, 1, 30);
        Assert.Equal((end, end), (seen.GetProperty("low").GetInt64(), seen.GetProperty("start").GetInt64()));
        Assert.Equal((7, "seven"), (seen.GetProperty("committed").GetInt32(), Text(seen, "metadata")));
        Assert.Equal(
            [ErrorCode.None, ErrorCode.None, ErrorCode.GroupIdNotFound, ErrorCode.None],
            new[] { "offsets", "groupDeleted", "groupDeletedAgain", "deleted" }.Select(step => (ErrorCode)seen.GetProperty(step).GetInt32()));
    }

    private static IEnumerable<string> Strings(JsonElement seen, string name) =>
        seen.GetProperty(name).EnumerateArray().Select(static item => item.GetString()!);

    private static string Text(JsonElement seen, string name) => seen.GetProperty(name).GetString()!;

    private async Task<double> SessionsAsync()
    {
        var sessions = 0.0;
        foreach (var frontend in new[] { 0, 1 })
        {
            sessions += await Prometheus.ReadAsync(cluster.Cluster.Port + FrontendHealth + frontend, "spillway_frontend_fetch_sessions");
        }

        return sessions;
    }

    private async Task<string> CreateTopicAsync(string name, int partitionCount)
    {
        var topic = $"java-{name}-{Guid.NewGuid():N}"[..28];
        await using var connection = await RawConnection.OpenAsync(cluster);
        await connection.CreateTopicAsync(topic, partitionCount);
        return topic;
    }
}
