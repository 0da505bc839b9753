using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Standalone.Tests.Admin;

/// <summary>UpdateFeatures (KIP-584) and what ApiVersions tells afterwards, on a broker of its own.</summary>
public sealed class UpdateFeaturesTests(AdminBroker broker) : IClassFixture<AdminBroker>
{
    private const string Feature = "transaction.version";

    [Fact]
    public async Task A_downgrade_is_told_at_once_with_a_higher_epoch()
    {
        var before = await TellAsync();
        var refused = await UpdateAsync(1, new() { Feature = Feature, MaxVersionLevel = 1, UpgradeType = 1 });
        var validated = await UpdateAsync(2, new() { Feature = Feature, MaxVersionLevel = 1, UpgradeType = 2 }, validateOnly: true);
        var unchanged = await TellAsync();
        var downgraded = await UpdateAsync(0, new() { Feature = Feature, MaxVersionLevel = 1, AllowDowngrade = true });
        var after = await TellAsync();
        var upgraded = await UpdateAsync(2, new() { Feature = Feature, MaxVersionLevel = 2, UpgradeType = 1 });
        var last = await TellAsync();

        Assert.Equal(
            [ErrorCode.InvalidUpdateVersion, ErrorCode.None, ErrorCode.None, ErrorCode.None],
            new[] { refused, validated, downgraded, upgraded }.Select(answer => (ErrorCode)answer.ErrorCode));
        Assert.Contains(Feature, refused.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal(Feature, Assert.Single(downgraded.Results).Feature);
        Assert.Empty(upgraded.Results);
        Assert.Equal([2, 2, 1, 2], new[] { before, unchanged, after, last }.Select(told => (int)told.Level));
        Assert.True(before.Epoch == unchanged.Epoch && unchanged.Epoch < after.Epoch && after.Epoch < last.Epoch);
    }

    private async Task<(short Level, long Epoch)> TellAsync()
    {
        var answer = await broker.AskAsync<ApiVersionsResponse>(
            new ApiVersionsRequest { ClientSoftwareName = "admin-tests", ClientSoftwareVersion = "1" }, 4);
        return (answer.FinalizedFeatures.Single(feature => feature.Name == Feature).MaxVersionLevel, answer.FinalizedFeaturesEpoch);
    }

    private Task<UpdateFeaturesResponse> UpdateAsync(
        int version, UpdateFeaturesRequest.FeatureUpdateKey update, bool validateOnly = false) =>
        broker.AskAsync<UpdateFeaturesResponse>(
            new UpdateFeaturesRequest { ValidateOnly = validateOnly, FeatureUpdates = { update } }, version);
}
