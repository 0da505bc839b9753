using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Cluster;

/// <summary>ApiVersions: KIP-35, software names of KIP-511, features of KIP-584.</summary>
public sealed class ApiVersionsTests(BrokerFixture broker)
{
    private static readonly ApiCases<ApiVersionsRequest, ApiVersionsResponse> Table = new()
    {
        // KIP-511: a name that would not do as a metric tag is INVALID_REQUEST, and no API is told.
        { "an empty software name is refused", Versions.Since(3), Client("", "1.0"), ExpectRefused },
        { "an empty software version is refused", Versions.Since(3), Client("librdkafka", ""), ExpectRefused },
        { "a software name with a space is refused", Versions.Since(3), Client("my client", "1.0"), ExpectRefused },
        { "a software name that ends in a dot is refused", Versions.Since(3), Client("client.", "1.0"), ExpectRefused },
        { "a software name that begins with a dash is refused", Versions.Since(3), Client("-client", "1.0"), ExpectRefused },
        { "a software name with a line break is refused", Versions.Since(3), Client("client\n", "1.0"), ExpectRefused },
        { "a software version with a slash is refused", Versions.Since(3), Client("client", "1/0"), ExpectRefused },

        { "a software name of one letter will do", Versions.Since(3), Client("c", "1"), ExpectServed },
        { "dashes and dots inside will do", Versions.Since(3), Client("apache-kafka-java", "4.2.0-rc.1"), ExpectServed },

        // Names came with v3; before that nobody is asked.
        { "older versions say no name", Versions.Until(2), new ApiVersionsRequest(), ExpectServed },
        {
            "each API is told once, in order, with a range that is one", Versions.All, async run =>
            {
                var answer = await run.AskAsync(Client("client", "1"));

                var keys = answer.ApiKeys.Select(static api => api.ApiKey).ToList();
                Assert.Equal(keys.Distinct(), keys);
                Assert.All(answer.ApiKeys, static api => Assert.InRange(api.MinVersion, 0, api.MaxVersion));
            }
        },
        {
            // KAFKA-18659: librdkafka switches idempotence and more off for a broker whose Produce does not begin at 0.
            "Produce begins at version 0", Versions.All, async run =>
            {
                var answer = await run.AskAsync(Client("client", "1"));

                Assert.Equal(0, Assert.Single(answer.ApiKeys, static api => api.ApiKey == (short)ApiKey.Produce).MinVersion);
            }
        },
        {
            // KIP-584: a feature's finalized range lies in the supported one; with an epoch of -1 none is finalized. v3 is not told of all
            // that is supported (KAFKA-17011).
            "finalized features are supported ones", Versions.Since(4), async run =>
            {
                var answer = await run.AskAsync(Client("client", "1"));

                Assert.Equal(answer.FinalizedFeatures.Count > 0, answer.FinalizedFeaturesEpoch >= 0);
                foreach (var feature in answer.FinalizedFeatures)
                {
                    var supported = Assert.Single(answer.SupportedFeatures, supported => supported.Name == feature.Name);
                    Assert.InRange(feature.MaxVersionLevel, supported.MinVersion, supported.MaxVersion);
                }
            }
        },
        {
            // KAFKA-17011: clients below v4 fail on a feature that begins at 0, so they are not told of it.
            "features that begin at 0 are hidden from v3", Versions.Only(3), async run =>
                Assert.All((await run.AskAsync(Client("client", "1"))).SupportedFeatures, static f => Assert.True(f.MinVersion > 0))
        },
        {
            // KIP-511: the header of its answer is always v0, so that a client that guessed wrong can read it.
            "it may be asked again and again on one connection", Versions.All, async run =>
            {
                for (var i = 0; i < 3; i++)
                {
                    ExpectServed(await run.AskAsync(Client("client", "1")));
                }
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task ApiVersions_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static ApiVersionsRequest Client(string name, string version) =>
        new() { ClientSoftwareName = name, ClientSoftwareVersion = version };

    private static void ExpectRefused(ApiVersionsResponse answer)
    {
        Expect.Error(ErrorCode.InvalidRequest, answer.ErrorCode);
        Assert.Empty(answer.ApiKeys);
    }

    private static void ExpectServed(ApiVersionsResponse answer)
    {
        Expect.NoError(answer.ErrorCode);
        Assert.Contains(answer.ApiKeys, static api => api.ApiKey == (short)ApiKey.ApiVersions);
    }
}
