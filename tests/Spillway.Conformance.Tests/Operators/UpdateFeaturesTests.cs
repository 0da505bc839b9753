using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Operators;

/// <summary>UpdateFeatures: KIP-584, kinds of upgrades (KIP-778, v1), one result for all (KIP-1022, v2). No case changes a level: all go by them.</summary>
public sealed class UpdateFeaturesTests(BrokerFixture broker)
{
    private const string Feature = "transaction.version";
    private const sbyte Upgrade = 1;
    private const sbyte SafeDowngrade = 2;

    private static readonly ApiCases<UpdateFeaturesRequest, UpdateFeaturesResponse> Table = new()
    {
        { "an unknown feature is INVALID_UPDATE_VERSION", Versions.All, Ask("no.such.feature", 1), ExpectRefused },
        { "a level that is not supported is INVALID_UPDATE_VERSION", Versions.All, Ask(Feature, 99), ExpectRefused },
        { "a negative level is INVALID_UPDATE_VERSION", Versions.All, Ask(Feature, -1), ExpectRefused },
        { "a lower level without leave to go down is INVALID_UPDATE_VERSION", Versions.All, Ask(Feature, 1), ExpectRefused },
        { "an unknown kind of upgrade is INVALID_UPDATE_VERSION", Versions.Since(1), Ask(Feature, 2, upgradeType: 9), ExpectRefused },
        {
            "one bad feature keeps all as they are", Versions.All, async run =>
            {
                var request = Ask("no.such.feature", 1);
                request.FeatureUpdates.Add(new() { Feature = Feature, MaxVersionLevel = 2 });
                ExpectRefused(await run.AskAsync(request));
            }
        },
        {
            "the level that it has is fine", Versions.All, Ask(Feature, 2),
            static answer => Expect.NoError(answer.ErrorCode)
        },
        {
            "a validation of going down changes nothing", Versions.Since(1), async run =>
            {
                var request = Ask(Feature, 1, SafeDowngrade);
                request.ValidateOnly = true;
                Expect.NoError((await run.AskAsync(request)).ErrorCode);
                var features = (await run.AskAsync<ApiVersionsResponse>(
                    new ApiVersionsRequest { ClientSoftwareName = "c", ClientSoftwareVersion = "1" }, 4)).FinalizedFeatures;
                Assert.Equal(2, features.Single(static f => f.Name == Feature).MaxVersionLevel);
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task UpdateFeatures_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static UpdateFeaturesRequest Ask(string feature, short level, sbyte upgradeType = Upgrade) => new()
    {
        TimeoutMs = 10_000, FeatureUpdates = { new() { Feature = feature, MaxVersionLevel = level, UpgradeType = upgradeType } },
    };

    private static void ExpectRefused(UpdateFeaturesResponse answer) =>
        Expect.Error(ErrorCode.InvalidUpdateVersion, answer.ErrorCode, answer.ErrorMessage);
}
