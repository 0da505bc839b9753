using System.Globalization;
using System.Text.Json;
using Spillway.EndToEnd.Tests.Processes;
using Spillway.EndToEnd.Tests.Wire;
using Xunit;

namespace Spillway.EndToEnd.Tests.Clients;

/// <summary>Rebalances in which members go on with what they keep (KIP-429), as librdkafka plays them.</summary>
[Collection<FiveProcesses>]
public sealed class IncrementalRebalanceTests(FiveProcessFixture cluster)
{
    private const int PartitionCount = 6;
    private const int Count = 100;

    [Theory]
    [InlineData("confluent-kafka")]
    [InlineData("librdkafka 2.15.1")]
    public async Task Members_give_up_only_what_others_get_and_no_record_comes_twice(string client)
    {
        var topic = $"cooperative-{Guid.NewGuid():N}"[..24];
        await using var connection = await RawConnection.OpenAsync(cluster);
        await connection.CreateTopicAsync(topic, PartitionCount);

        var seen = Assert.Single(await StockClient.Find(client).PlayAsync(
            cluster, "cooperative", topic, topic + "-g", Count.ToString(CultureInfo.InvariantCulture)));

        Assert.Empty(Numbers(seen.GetProperty("lost")));
        Assert.Equal(0, seen.GetProperty("failures").GetArrayLength());
        var steps = seen.GetProperty("steps").EnumerateArray()
            .Select(static step => step.EnumerateArray().Select(static member => Numbers(member).ToList()).ToList()).ToList();
        Assert.Equal([6], steps[0].Select(static owned => owned.Count));
        Assert.Equal([3, 3], steps[1].Select(static owned => owned.Count));
        Assert.Equal([2, 2, 2], steps[2].Select(static owned => owned.Count));
        Assert.Equal([3, 3], steps[3].Select(static owned => owned.Count));

        // The first was asked for what the second and the third got, the third for nothing.
        var revoked = seen.GetProperty("revoked").EnumerateArray().Select(static member => Numbers(member).ToList()).ToList();
        Assert.Equal(steps[0][0].Except(steps[2][0]).Order(), revoked[0].Order());
        Assert.Empty(revoked[1]);
        Assert.Subset(steps[3][0].ToHashSet(), steps[2][0].ToHashSet());
        Assert.Subset(steps[3][1].ToHashSet(), steps[2][2].ToHashSet());

        var values = seen.GetProperty("values").EnumerateArray().Select(static value => value.GetString()!);
        Assert.Equal(Enumerable.Range(0, 4 * Count).Select(static i => $"v-{i}").Order(), values.Order());
    }

    private static IEnumerable<int> Numbers(JsonElement element) => element.ValueKind == JsonValueKind.Array
        ? element.EnumerateArray().SelectMany(Numbers)
        : [element.GetInt32()];
}
