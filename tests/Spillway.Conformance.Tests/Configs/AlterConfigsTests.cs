using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Configs;

/// <summary>AlterConfigs: KIP-133, the way before KIP-339: what is not named goes back to its default.</summary>
public sealed class AlterConfigsTests(BrokerFixture broker)
{
    private static readonly ApiCases<AlterConfigsRequest, AlterConfigsResponse> Table = new()
    {
        {
            "an unknown topic is UNKNOWN_TOPIC_OR_PARTITION", Versions.All, async run =>
            {
                var name = CaseRun.NewName();
                var answer = One(await run.AskAsync(Ask(ConfigResources.Topic, name, ("retention.ms", "1"))));
                Expect.Error(ErrorCode.UnknownTopicOrPartition, answer.ErrorCode);
                Assert.Equal((ConfigResources.Topic, name), (answer.ResourceType, answer.ResourceName));
            }
        },
        { "an unknown config is INVALID_CONFIG", Versions.All, run => ExpectRefusedAsync(run, ErrorCode.InvalidConfig, ("no.such.config", "1")) },
        { "a number that is none is INVALID_CONFIG", Versions.All, run => ExpectRefusedAsync(run, ErrorCode.InvalidConfig, ("retention.ms", "soon")) },
        { "a null is INVALID_REQUEST", Versions.All, run => ExpectRefusedAsync(run, ErrorCode.InvalidRequest, ("retention.ms", null)) },
        {
            "a config that is named twice is INVALID_REQUEST", Versions.All,
            run => ExpectRefusedAsync(run, ErrorCode.InvalidRequest, ("retention.ms", "1"), ("retention.ms", "2"))
        },
        {
            "a resource that is named twice is INVALID_REQUEST, both times", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                var request = Ask(ConfigResources.Topic, topic.Name, ("retention.ms", "1"));
                request.Resources.Add(Ask(ConfigResources.Topic, topic.Name, ("retention.bytes", "1")).Resources[0]);
                var answer = await run.AskAsync(request);

                Assert.Equal(2, answer.Responses.Count);
                Assert.All(answer.Responses, static r => Expect.Error(ErrorCode.InvalidRequest, r.ErrorCode, r.ErrorMessage));
            }
        },
        {
            "an unknown kind of resource is INVALID_REQUEST", Versions.All, Ask(99, "x", ("retention.ms", "1")),
            static answer => Expect.Error(ErrorCode.InvalidRequest, One(answer).ErrorCode, One(answer).ErrorMessage)
        },
        {
            // Levels of loggers are altered one by one or not at all (KIP-412).
            "a broker's loggers are INVALID_REQUEST", Versions.All, Ask(ConfigResources.BrokerLogger, "1", ("a", "INFO")),
            static answer => Expect.Error(ErrorCode.InvalidRequest, One(answer).ErrorCode)
        },
        {
            "a broker that there is not is INVALID_REQUEST", Versions.All, Ask(ConfigResources.Broker, "987654321", ("num.io.threads", "3")),
            static answer => Expect.Error(ErrorCode.InvalidRequest, One(answer).ErrorCode)
        },
        { "no resources get no answers", Versions.All, new AlterConfigsRequest(), static answer => Assert.Empty(answer.Responses) },
        {
            "what is named is set, what is not goes back to its default", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync(1, ("retention.bytes", "77"));
                Expect.NoError(One(await run.AskAsync(Ask(ConfigResources.Topic, topic.Name, ("retention.ms", "1000")))).ErrorCode);
                Assert.Equal("1000", await GetAsync(run, topic, "retention.ms"));
                Assert.Equal("-1", await GetAsync(run, topic, "retention.bytes"));
            }
        },
        {
            "no configs bring all defaults back", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync(1, ("retention.bytes", "77"));
                Expect.NoError(One(await run.AskAsync(Ask(ConfigResources.Topic, topic.Name))).ErrorCode);
                Assert.Equal("-1", await GetAsync(run, topic, "retention.bytes"));
            }
        },
        {
            "a validation changes nothing", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync(1, ("retention.bytes", "77"));
                var request = Ask(ConfigResources.Topic, topic.Name, ("retention.ms", "1000"));
                request.ValidateOnly = true;
                Expect.NoError(One(await run.AskAsync(request)).ErrorCode);
                Assert.Equal("77", await GetAsync(run, topic, "retention.bytes"));
            }
        },
        {
            "one bad resource leaves the other alone", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                var request = Ask(ConfigResources.Topic, CaseRun.NewName(), ("retention.ms", "1000"));
                request.Resources.Add(Ask(ConfigResources.Topic, topic.Name, ("retention.ms", "1000")).Resources[0]);
                var answer = await run.AskAsync(request);

                Expect.Error(ErrorCode.UnknownTopicOrPartition, answer.Responses.Single(r => r.ResourceName != topic.Name).ErrorCode);
                Assert.Equal("1000", await GetAsync(run, topic, "retention.ms"));
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task AlterConfigs_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static AlterConfigsRequest Ask(sbyte type, string name, params (string Key, string? Value)[] configs)
    {
        var resource = new AlterConfigsRequest.AlterConfigsResource { ResourceType = type, ResourceName = name };
        foreach (var (key, value) in configs)
        {
            resource.Configs.Add(new() { Name = key, Value = value });
        }

        return new AlterConfigsRequest { Resources = { resource } };
    }

    private static AlterConfigsResponse.AlterConfigsResourceResponse One(AlterConfigsResponse answer) => Assert.Single(answer.Responses);

    private static async Task ExpectRefusedAsync(
        CaseRun<AlterConfigsRequest, AlterConfigsResponse> run, ErrorCode error, params (string Key, string? Value)[] configs)
    {
        var answer = One(await run.AskAsync(Ask(ConfigResources.Topic, (await run.CreateTopicAsync()).Name, configs)));
        Expect.Error(error, answer.ErrorCode, answer.ErrorMessage);
    }

    private static async Task<string?> GetAsync(CaseRun run, TestTopic topic, string key)
    {
        var request = new DescribeConfigsRequest
        {
            Resources = { new() { ResourceType = ConfigResources.Topic, ResourceName = topic.Name, ConfigurationKeys = [key] } },
        };
        return Assert.Single((await run.AskAsync<DescribeConfigsResponse>(request, 4)).Results[0].Configs).Value;
    }
}
