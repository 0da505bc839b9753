using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Conformance.Tests.Operators;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Configs;

/// <summary>ListConfigResources: client metrics subscriptions (KIP-1000, v0), from v1 on any kind of resource (KIP-1142).</summary>
[Collection(TelemetryCollection.Name)]
public sealed class ListConfigResourcesTests(BrokerFixture broker)
{
    private static readonly ApiCases<ListConfigResourcesRequest, ListConfigResourcesResponse> Table = new()
    {
        {
            "a kind that has no configs is UNSUPPORTED_VERSION", Versions.Since(1), new ListConfigResourcesRequest { ResourceTypes = { 99 } },
            static answer =>
            {
                Expect.Error(ErrorCode.UnsupportedVersion, answer.ErrorCode);
                Assert.Empty(answer.ConfigResources);
            }
        },
        {
            "v0 tells of client metrics alone", Versions.Only(0), async run =>
            {
                var topic = await run.CreateTopicAsync();
                var subscription = await SubscribeAsync(run);
                var names = (await run.AskAsync(new ListConfigResourcesRequest())).ConfigResources.Select(static r => r.ResourceName).ToList();

                Assert.Contains(subscription, names);
                Assert.DoesNotContain(topic.Name, names);
            }
        },
        {
            "no kinds ask for all of them", Versions.Since(1), async run =>
            {
                var topic = await run.CreateTopicAsync();
                var subscription = await SubscribeAsync(run);
                var answer = await run.AskAsync(new ListConfigResourcesRequest());

                Expect.NoError(answer.ErrorCode);
                Assert.Contains(answer.ConfigResources, r => (r.ResourceType, r.ResourceName) == (ConfigResources.Topic, topic.Name));
                Assert.Contains(answer.ConfigResources, r => (r.ResourceType, r.ResourceName) == (ConfigResources.ClientMetrics, subscription));
                var id = $"{await run.GetBrokerIdAsync()}";
                Assert.Contains(answer.ConfigResources, r => (r.ResourceType, r.ResourceName) == (ConfigResources.Broker, id));
                Assert.Contains(answer.ConfigResources, r => (r.ResourceType, r.ResourceName) == (ConfigResources.BrokerLogger, id));
            }
        },
        {
            "one kind asks for that alone", Versions.Since(1), async run =>
            {
                await run.CreateTopicAsync();
                var answer = await run.AskAsync(new ListConfigResourcesRequest { ResourceTypes = { ConfigResources.Broker } });
                Assert.Equal((ConfigResources.Broker, $"{await run.GetBrokerIdAsync()}"), Assert.Single(
                    answer.ConfigResources.Select(static r => (r.ResourceType, r.ResourceName))));
            }
        },
        {
            "groups are those that have configs", Versions.Since(1), async run =>
            {
                var group = CaseRun.NewName("group");
                await AlterAsync(run, ConfigResources.Group, group, "consumer.session.timeout.ms", "50000");
                var answer = await run.AskAsync(new ListConfigResourcesRequest { ResourceTypes = { ConfigResources.Group } });
                Assert.Contains(answer.ConfigResources, r => r.ResourceName == group);
                Assert.All(answer.ConfigResources, static r => Assert.Equal(ConfigResources.Group, r.ResourceType));
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task ListConfigResources_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static async Task<string> SubscribeAsync(CaseRun run)
    {
        var name = CaseRun.NewName("subscription");
        // For clients of a name that none has.
        await AlterAsync(run, ConfigResources.ClientMetrics, name, "match", "client_id=nobody-at-all");
        return name;
    }

    private static async Task AlterAsync(CaseRun run, sbyte type, string name, string key, string value)
    {
        var request = new IncrementalAlterConfigsRequest
        {
            Resources = { new() { ResourceType = type, ResourceName = name, Configs = { new() { Name = key, Value = value } } } },
        };
        Expect.NoError((await run.AskAsync<IncrementalAlterConfigsResponse>(request, 1)).Responses[0].ErrorCode);
    }
}
