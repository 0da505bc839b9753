using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Wire;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Cases;

/// <summary>What is advertised has cases, in the versions where mistakes are made; and no more is advertised than Kafka has.</summary>
public sealed class CoverageTests(BrokerFixture broker)
{
    [Fact]
    public async Task Every_advertised_API_has_cases()
    {
        var covered = Tables.All.Select(static table => table.ApiKey).ToHashSet();
        var missing = (await GetAdvertisedAsync()).Select(static api => (ApiKey)api.ApiKey).Where(api => !covered.Contains(api));

        Assert.Empty(missing);
    }

    [Fact]
    public async Task Every_API_with_cases_is_advertised()
    {
        var advertised = (await GetAdvertisedAsync()).Select(static api => (ApiKey)api.ApiKey).ToHashSet();

        Assert.DoesNotContain(Tables.All.Select(static table => table.ApiKey), api => !advertised.Contains(api));
    }

    /// <summary>First and last, and the last before and the first with compact lengths and tags.</summary>
    [Fact]
    public async Task Every_edge_version_has_cases()
    {
        var run = Tables.All.SelectMany(static table => table.Runs.Select(run => (table.ApiKey, run.Version))).ToHashSet();
        var missing = new List<string>();
        foreach (var api in await GetAdvertisedAsync())
        {
            var key = (ApiKey)api.ApiKey;
            var first = Math.Max(api.MinVersion, MessageCatalog.MinVersion(key));
            var flexible = MessageCatalog.FirstFlexibleVersion(key);
            foreach (var version in new[] { first, api.MaxVersion, (short)(flexible - 1), flexible }.Distinct())
            {
                if (version >= first && version <= api.MaxVersion && !run.Contains((key, version)))
                {
                    missing.Add($"{key} v{version}");
                }
            }
        }

        Assert.Empty(missing);
    }

    [Fact]
    public async Task Ranges_are_those_of_Kafka()
    {
        foreach (var api in await GetAdvertisedAsync())
        {
            var key = (ApiKey)api.ApiKey;
            Assert.True(KafkaRanges.Of.TryGetValue(key, out var range), $"no broker of Kafka serves {key} to clients");
            Assert.Equal((key, range.First, range.Last), (key, api.MinVersion, api.MaxVersion));
        }
    }

    private async Task<IReadOnlyList<ApiVersionsResponse.ApiVersion>> GetAdvertisedAsync()
    {
        using var wire = await KafkaWire.OpenAsync(broker);
        var request = new ApiVersionsRequest { ClientSoftwareName = "conformance", ClientSoftwareVersion = "1" };
        return (await wire.AskAsync<ApiVersionsResponse>(request, 4)).ApiKeys;
    }
}
