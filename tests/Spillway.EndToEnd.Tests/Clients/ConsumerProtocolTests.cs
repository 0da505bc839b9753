using System.Text.Json;
using Spillway.EndToEnd.Tests.Wire;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.EndToEnd.Tests.Clients;

/// <summary>The consumer protocol (KIP-848) with a stock client that speaks it.</summary>
public sealed class ConsumerProtocolTests(ConsumerProtocolFixture cluster) : IClassFixture<ConsumerProtocolFixture>
{
    private const string Client = "platformatic";
    private const int RecordCount = 200;
    private const int PartitionCount = 6;

    [Fact]
    public async Task Three_members_share_the_partitions_and_two_go_on_when_one_leaves()
    {
        var topic = await CreateTopicAsync(PartitionCount);

        var seen = Assert.Single(await PlayAsync("consumer:group", topic, topic + "-g", $"{RecordCount}"));

        StockClientTests.AssertShared(seen.GetProperty("three"), memberCount: 3);
        StockClientTests.AssertShared(seen.GetProperty("two"), memberCount: 2);
        Assert.Equal(Values(2 * RecordCount), Strings(seen, "values").Distinct().Order());
        var group = await DescribeAsync(topic + "-g");
        Assert.Equal((0, "Empty", "uniform"), (group.ErrorCode, group.GroupState, group.AssignorName));
    }

    [Fact]
    public async Task A_member_goes_on_where_the_last_one_committed()
    {
        var topic = await CreateTopicAsync(1);

        var seen = Assert.Single(await PlayAsync("consumer:resume", topic, topic + "-g", $"{RecordCount}"));

        var expected = Enumerable.Range(0, RecordCount).Select(static i => $"v-{i}").ToList();
        Assert.Equal(expected.Take(RecordCount / 2), Strings(seen, "first"));
        Assert.Equal(expected.Skip(RecordCount / 2), Strings(seen, "second"));
    }

    [Theory]
    [InlineData("classic")]
    [InlineData("consumer")]
    public async Task A_group_goes_over_while_its_members_read(string firstProtocol)
    {
        var topic = await CreateTopicAsync(PartitionCount);

        var seen = Assert.Single(await PlayAsync("migrate", topic, topic + "-g", firstProtocol, $"{RecordCount}"));

        StockClientTests.AssertShared(seen.GetProperty("both"), memberCount: 2);
        Assert.Equal(Values(2 * RecordCount), Strings(seen, "values").Distinct().Order());
    }

    [Fact]
    public async Task The_feature_that_clients_look_for_is_finalized()
    {
        await using var connection = await RawConnection.OpenAsync(cluster);
        var request = new ApiVersionsRequest { ClientSoftwareName = "test", ClientSoftwareVersion = "1" };

        var answer = await connection.CallAsync(ApiKey.ApiVersions, 4, request, ApiVersionsResponse.Read);

        var feature = Assert.Single(answer.FinalizedFeatures, static f => f.Name == "group.version");
        Assert.Equal((1, 1), (feature.MinVersionLevel, feature.MaxVersionLevel));
        Assert.True(answer.FinalizedFeaturesEpoch >= 0);
        Assert.Contains(answer.ApiKeys, static api => api is { ApiKey: 68, MinVersion: 0, MaxVersion: 1 });
        Assert.Contains(answer.ApiKeys, static api => api is { ApiKey: 69, MinVersion: 0, MaxVersion: 1 });
    }

    private static IEnumerable<string> Values(int count) => Enumerable.Range(0, count).Select(static i => $"v-{i}").Order();

    private static IEnumerable<string> Strings(JsonElement seen, string name) =>
        seen.GetProperty(name).EnumerateArray().Select(static item => item.GetString()!);

    private Task<IReadOnlyList<JsonElement>> PlayAsync(string scenario, params string[] more) =>
        StockClient.Find(Client).PlayAsync(cluster, scenario, more);

    private async Task<ConsumerGroupDescribeResponse.DescribedGroup> DescribeAsync(string group)
    {
        await using var connection = await RawConnection.OpenAsync(cluster);
        var request = new ConsumerGroupDescribeRequest { GroupIds = [group] };
        var answer = await connection.CallAsync(ApiKey.ConsumerGroupDescribe, 1, request, ConsumerGroupDescribeResponse.Read);
        return Assert.Single(answer.Groups);
    }

    private async Task<string> CreateTopicAsync(int partitionCount)
    {
        var topic = $"consumers-{Guid.NewGuid():N}"[..24];
        await using var connection = await RawConnection.OpenAsync(cluster);
        await connection.CreateTopicAsync(topic, partitionCount);
        return topic;
    }
}
