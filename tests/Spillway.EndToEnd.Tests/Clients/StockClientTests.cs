using System.Text.Json;
using Spillway.EndToEnd.Tests.Processes;
using Spillway.EndToEnd.Tests.Wire;
using Spillway.Kafka.Errors;
using Xunit;

namespace Spillway.EndToEnd.Tests.Clients;

/// <summary>What every stock client has to be able to do, whatever form of the platform is behind it.</summary>
public abstract class StockClientTests(IKafkaCluster cluster)
{
    private const int RecordCount = 500;
    private const int GroupRecordCount = 200;
    private const int PartitionCount = 6;

    private static readonly string[] Codecs = ["none", "gzip", "snappy", "lz4", "zstd"];

    // These send all partitions of a broker again when one of them has another leader by then, and without idempotence.
    private static readonly string[] RepeatingClients = ["kafkajs", "platformatic"];

    private static readonly string[] AdminSteps =
        ["created", "again", "badConfig", "tooManyReplicas", "grown", "shrunk", "altered", "unknownConfig"];

    public static TheoryData<string> ClientNames => [.. StockClient.Names];

    public static TheoryData<string> AdminClients => StockClient.AndKafkaJava("kafkajs", "confluent-kafka", "kafka-python");

    public static TheoryData<string, string> ClientCodecs =>
        new(StockClient.Names.SelectMany(static name => Codecs.Select(codec => (name, codec))));

    [Theory]
    [MemberData(nameof(ClientNames))]
    public async Task A_topic_is_created_listed_and_described(string client)
    {
        var topic = NewName("create");

        var seen = Assert.Single(await StockClient.Find(client).PlayAsync(cluster, "create", topic, "5"));

        Assert.Contains(topic, Strings(seen, "topics"));
        Assert.Equal(5, seen.GetProperty("partitions").GetInt32());
        if (seen.TryGetProperty("retention", out var retention))
        {
            Assert.Equal("3600000", retention.GetString());
        }
    }

    /// <summary>With AlterConfigs of old, which replaces everything that is set, where the client has no other way.</summary>
    [Theory]
    [MemberData(nameof(AdminClients))]
    public async Task Topics_and_configs_are_created_described_altered_and_deleted(string client)
    {
        var topic = NewName("admin");

        var seen = Assert.Single(await StockClient.Find(client).PlayAsync(cluster, "admin", topic));

        Assert.Equal(
            [
                ErrorCode.None, ErrorCode.TopicAlreadyExists, ErrorCode.InvalidConfig, ErrorCode.InvalidReplicationFactor, ErrorCode.None,
                ErrorCode.InvalidPartitions, ErrorCode.None, ErrorCode.InvalidConfig,
            ],
            AdminSteps.Select(step => (ErrorCode)seen.GetProperty(step).GetInt32()));
        Assert.Equal(5, seen.GetProperty("partitions").GetInt32());
        Assert.Equal((client == "kafka-java" ? "3600000" : "604800000", "60000"), (Text(seen, "retention"), Text(seen, "segment")));
        Assert.True(seen.GetProperty("readOnly").GetBoolean() && seen.GetProperty("dynamic").GetBoolean());
        Assert.DoesNotContain(topic, Strings(seen, "topics"));
    }

    [Theory]
    [MemberData(nameof(ClientCodecs))]
    public async Task Records_come_back_as_they_were_produced(string client, string codec)
    {
        var topic = await CreateTopicAsync("roundtrip", 3);

        var records = await StockClient.Find(client).PlayAsync(cluster, "roundtrip", topic, codec, $"{RecordCount}");

        var expected = Enumerable.Range(0, RecordCount).Select(i => ($"k-{i}", $"v-{codec}-{i}-" + new string('x', i % 300)));
        var read = records.Select(static r => (Text(r, "k"), Text(r, "v")));
        Assert.Equal(expected.Order(), (RepeatingClients.Contains(client) ? read.Distinct() : read).Order());
        foreach (var partition in records.GroupBy(static r => r.GetProperty("p").GetInt32()))
        {
            Assert.Equal(Enumerable.Range(0, partition.Count()), partition.Select(static r => r.GetProperty("o").GetInt32()));
            var numbers = partition.Select(static r => int.Parse(Text(r, "k")[2..], System.Globalization.CultureInfo.InvariantCulture))
                .Distinct().ToList();
            Assert.Equal(numbers.Order(), numbers);
        }
    }

    [Theory]
    [MemberData(nameof(ClientNames))]
    public async Task A_group_of_three_shares_its_partitions_and_goes_on_when_one_leaves(string client)
    {
        var topic = await CreateTopicAsync("group", PartitionCount);

        var seen = Assert.Single(await StockClient.Find(client).PlayAsync(cluster, "group", topic, topic + "-g", $"{GroupRecordCount}"));

        AssertShared(seen.GetProperty("three"), memberCount: 3);
        AssertShared(seen.GetProperty("two"), memberCount: 2);
        var expected = Enumerable.Range(0, 2 * GroupRecordCount).Select(static i => $"v-{i}");
        Assert.Equal(expected.Order(), Strings(seen, "values").Distinct().Order());
    }

    [Theory]
    [MemberData(nameof(ClientNames))]
    public async Task A_group_goes_on_where_it_committed(string client)
    {
        var topic = await CreateTopicAsync("resume", 1);

        var seen = Assert.Single(await StockClient.Find(client).PlayAsync(cluster, "resume", topic, topic + "-g", $"{GroupRecordCount}"));

        var expected = Enumerable.Range(0, GroupRecordCount).Select(static i => $"v-{i}").ToList();
        Assert.Equal(expected.Take(GroupRecordCount / 2), Strings(seen, "first"));
        Assert.Equal(expected.Skip(GroupRecordCount / 2), Strings(seen, "second"));
    }

    [Theory]
    [MemberData(nameof(ClientNames))]
    public async Task A_group_is_listed_and_described(string client)
    {
        var topic = await CreateTopicAsync("describe", 2);

        var seen = Assert.Single(await StockClient.Find(client).PlayAsync(cluster, "describe", topic, topic + "-g"));

        Assert.Contains(topic + "-g", Strings(seen, "groups"));
        Assert.Equal("Stable", Text(seen, "state"));
        Assert.Equal(1, seen.GetProperty("members").GetInt32());
    }

    internal static void AssertShared(JsonElement members, int memberCount)
    {
        var owned = members.EnumerateArray().Select(static m => m.EnumerateArray().Select(static p => p.GetInt32()).ToList()).ToList();
        Assert.Equal(memberCount, owned.Count);
        Assert.All(owned, static partitions => Assert.NotEmpty(partitions));
        Assert.Equal(Enumerable.Range(0, PartitionCount), owned.SelectMany(static partitions => partitions).Order());
    }

    private static IEnumerable<string> Strings(JsonElement seen, string name) =>
        seen.GetProperty(name).EnumerateArray().Select(static item => item.GetString()!);

    private static string Text(JsonElement seen, string name) => seen.GetProperty(name).GetString()!;

    private static string NewName(string scenario) => $"{scenario}-{Guid.NewGuid():N}"[..24];

    private async Task<string> CreateTopicAsync(string scenario, int partitionCount)
    {
        var topic = NewName(scenario);
        await using var connection = await RawConnection.OpenAsync(cluster);
        await connection.CreateTopicAsync(topic, partitionCount);
        return topic;
    }
}
