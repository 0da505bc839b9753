using System.Globalization;
using Spillway.EndToEnd.Tests.Processes;
using Spillway.EndToEnd.Tests.Wire;
using Xunit;

namespace Spillway.EndToEnd.Tests.Clients;

/// <summary>What librdkafka has learnt since the release that Debian has.</summary>
[Collection<FiveProcesses>]
public sealed class NewestLibrdkafkaTests(FiveProcessFixture cluster)
{
    private const int PartitionCount = 6;
    private const int Count = 200;

    [Theory]
    [InlineData("classic")]
    [InlineData("consumer")]
    public async Task A_group_of_three_shares_its_partitions_and_goes_on_when_one_leaves(string protocol)
    {
        var topic = await CreateTopicAsync(protocol);

        var seen = Assert.Single(await StockClient.NewestLibrdkafka.PlayAsync(
            cluster, "group", topic, topic + "-g", Count.ToString(CultureInfo.InvariantCulture), protocol));

        StockClientTests.AssertShared(seen.GetProperty("three"), memberCount: 3);
        StockClientTests.AssertShared(seen.GetProperty("two"), memberCount: 2);
        var values = seen.GetProperty("values").EnumerateArray().Select(static value => value.GetString()!).Distinct();
        Assert.Equal(Enumerable.Range(0, 2 * Count).Select(static i => $"v-{i}").Order(), values.Order());
    }

    [Fact]
    public async Task Records_come_back_as_they_were_produced()
    {
        var topic = await CreateTopicAsync("roundtrip");

        var records = await StockClient.NewestLibrdkafka.PlayAsync(
            cluster, "roundtrip", topic, "zstd", Count.ToString(CultureInfo.InvariantCulture));

        var expected = Enumerable.Range(0, Count).Select(static i => ($"k-{i}", $"v-zstd-{i}-" + new string('x', i % 300)));
        Assert.Equal(
            expected.Order(), records.Select(static r => (r.GetProperty("k").GetString()!, r.GetProperty("v").GetString()!)).Order());
    }

    private async Task<string> CreateTopicAsync(string name)
    {
        var topic = $"newest-{name}-{Guid.NewGuid():N}"[..32];
        await using var connection = await RawConnection.OpenAsync(cluster);
        await connection.CreateTopicAsync(topic, PartitionCount);
        return topic;
    }
}
