using System.Text.Json;
using Spillway.EndToEnd.Tests.Clients;
using Spillway.EndToEnd.Tests.Processes;
using Spillway.EndToEnd.Tests.Wire;
using Xunit;

namespace Spillway.EndToEnd.Tests.Transactions;

/// <summary>Transactions of stock clients, and what stock consumers see of them.</summary>
public abstract class TransactionClientTests(IKafkaCluster cluster)
{
    private const int Count = 60;
    private const string Reader = "confluent-kafka";

    public static TheoryData<string> Aborting =>
        StockClient.AndKafkaJava("confluent-kafka", "librdkafka 2.15.1", "kafkajs", "platformatic");

    public static TheoryData<string> Readers => StockClient.AndKafkaJava("kafkajs");

    public static TheoryData<string> Piping => StockClient.AndKafkaJava("confluent-kafka", "librdkafka 2.15.1", "kafkajs");

    public static TheoryData<string> Fenced => StockClient.AndKafkaJava("confluent-kafka");

    [Theory]
    [MemberData(nameof(Aborting))]
    public async Task What_was_aborted_is_seen_by_those_who_ask_for_it_only(string client)
    {
        var topic = await CreateTopicAsync("txn", 2);

        await StockClient.Find(client).PlayAsync(cluster, "transactions", topic, $"{Count}");

        var committed = await ReadAsync(Reader, topic, "committed");
        var all = await ReadAsync(Reader, topic, "uncommitted");
        Assert.Equal(Expected("c", "d"), Values(committed));
        Assert.Equal(Expected("c", "a", "d", "e"), Values(all));
        AssertOrdered(committed);

        // A reader that wants the end reaches it: 4 x 60 records, and a marker for each transaction in each partition.
        Assert.True(committed.GetProperty("ended").GetBoolean());
        Assert.Equal((4 * Count) + 8, committed.GetProperty("positions").EnumerateArray().Sum(p => p.GetInt64()));
    }

    [Theory]
    [MemberData(nameof(Readers))]
    public async Task What_was_aborted_is_left_out(string reader)
    {
        var topic = await CreateTopicAsync("left-out", 2);
        await StockClient.Find("confluent-kafka").PlayAsync(cluster, "transactions", topic, $"{Count}");

        Assert.Equal(Expected("c", "d"), Values(await ReadAsync(reader, topic, "committed")));
        Assert.Equal(Expected("c", "a", "d", "e"), Values(await ReadAsync(reader, topic, "uncommitted")));
    }

    [Theory]
    [MemberData(nameof(Piping))]
    public async Task What_is_consumed_is_produced_once_though_members_come_and_go_and_abort(string client)
    {
        var topic = await CreateTopicAsync("pipe", 2);
        await CreateAsync(topic + "-out", 2);

        var seen = Assert.Single(await StockClient.Find(client).PlayAsync(cluster, "pipe", topic, topic + "-g", "200"));

        Assert.Equal(200, seen.GetProperty("first").GetInt32() + seen.GetProperty("second").GetInt32());
        Assert.InRange(seen.GetProperty("second").GetInt32(), 1, 199);
        Assert.Equal(
            Enumerable.Range(0, 200).Select(static i => $"v-{i}").Order(),
            Values(await ReadAsync(Reader, topic + "-out", "committed")));
    }

    [Theory]
    [MemberData(nameof(Fenced))]
    public async Task A_second_producer_of_the_id_fences_the_first(string client)
    {
        var error = client == StockClient.KafkaJava ? "ProducerFencedException" : "_FENCED fatal";
        var topic = await CreateTopicAsync("fence", 1);

        var seen = Assert.Single(await StockClient.Find(client).PlayAsync(cluster, "fenced", topic));

        Assert.Equal(error, seen.GetProperty("old").GetString());
        Assert.Equal(["new"], Values(await ReadAsync(Reader, topic, "committed")));
        Assert.Equal(["new", "old"], Values(await ReadAsync(Reader, topic, "uncommitted")));
    }

    [Fact]
    public async Task A_transaction_that_nobody_ends_is_aborted_in_time()
    {
        var topic = await CreateTopicAsync("late", 1);

        var seen = Assert.Single(await StockClient.Find("confluent-kafka").PlayAsync(cluster, "timeout", topic));

        Assert.Equal("plain", seen.GetProperty("seen").GetString());

        // librdkafka itself gives the end no longer than the transaction may take; on a busy machine it is that which it tells.
        Assert.Contains(seen.GetProperty("end").GetString(), new[] { "_FENCED fatal", "_TIMED_OUT" });
        Assert.Equal(["plain"], Values(await ReadAsync(Reader, topic, "committed")));
    }

    private static IEnumerable<string> Expected(params string[] prefixes) =>
        prefixes.SelectMany(static prefix => Enumerable.Range(0, Count).Select(i => $"{prefix}-{i}")).Order();

    private static IEnumerable<string> Values(JsonElement seen) =>
        seen.GetProperty("values").EnumerateArray().Select(static v => v[1].GetString()!).Order();

    private static void AssertOrdered(JsonElement seen)
    {
        foreach (var partition in seen.GetProperty("values").EnumerateArray().GroupBy(static v => v[0].GetInt32(), static v => v[1].GetString()!))
        {
            var places = partition.Select(static v => (v[0], int.Parse(v[2..], System.Globalization.CultureInfo.InvariantCulture))).ToList();
            Assert.Equal(places.Order(), places);
        }
    }

    private async Task<JsonElement> ReadAsync(string client, string topic, string isolation) =>
        Assert.Single(await StockClient.Find(client).PlayAsync(cluster, "read", topic, isolation));

    private async Task<string> CreateTopicAsync(string scenario, int partitionCount)
    {
        var topic = $"{scenario}-{Guid.NewGuid():N}"[..20];
        await CreateAsync(topic, partitionCount);
        return topic;
    }

    private async Task CreateAsync(string topic, int partitionCount)
    {
        await using var connection = await RawConnection.OpenAsync(cluster);
        await connection.CreateTopicAsync(topic, partitionCount);
    }
}
