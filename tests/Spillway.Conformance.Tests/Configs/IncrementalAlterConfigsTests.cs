using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Configs;

/// <summary>IncrementalAlterConfigs: KIP-339.</summary>
public sealed class IncrementalAlterConfigsTests(BrokerFixture broker)
{
    private const sbyte Set = 0;
    private const sbyte Delete = 1;
    private const sbyte Append = 2;
    private const sbyte Subtract = 3;

    private static readonly ApiCases<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse> Table = new()
    {
        {
            "an unknown topic is UNKNOWN_TOPIC_OR_PARTITION", Versions.All, async run =>
            {
                var name = CaseRun.NewName();
                var answer = One(await run.AskAsync(Ask(ConfigResources.Topic, name, (Set, "retention.ms", "1"))));
                Expect.Error(ErrorCode.UnknownTopicOrPartition, answer.ErrorCode);
                Assert.Equal((ConfigResources.Topic, name), (answer.ResourceType, answer.ResourceName));
            }
        },
        {
            "a validation finds an unknown topic", Versions.All, async run =>
            {
                var request = Ask(ConfigResources.Topic, CaseRun.NewName(), (Set, "retention.ms", "1"));
                request.ValidateOnly = true;
                Expect.Error(ErrorCode.UnknownTopicOrPartition, One(await run.AskAsync(request)).ErrorCode);
            }
        },
        {
            "an illegal topic name is INVALID_TOPIC_EXCEPTION", Versions.All, Ask(ConfigResources.Topic, "a b", (Set, "retention.ms", "1")),
            static answer => Expect.Error(ErrorCode.InvalidTopicException, One(answer).ErrorCode, One(answer).ErrorMessage)
        },
        {
            // There are defaults of all brokers, but none of all topics.
            "no topic name is INVALID_REQUEST", Versions.All, Ask(ConfigResources.Topic, "", (Set, "retention.ms", "1")),
            static answer => Expect.Error(ErrorCode.InvalidRequest, One(answer).ErrorCode, One(answer).ErrorMessage)
        },
        {
            "a value that is wrong is told before a topic that is not there", Versions.All,
            Ask(ConfigResources.Topic, "not-there", (Set, "retention.ms", "soon")),
            static answer => Expect.Error(ErrorCode.InvalidConfig, One(answer).ErrorCode, One(answer).ErrorMessage)
        },
        { "an unknown config is INVALID_CONFIG", Versions.All, run => ExpectRefusedAsync(run, ErrorCode.InvalidConfig, (Set, "no.such.config", "1")) },
        { "a number that is none is INVALID_CONFIG", Versions.All, run => ExpectRefusedAsync(run, ErrorCode.InvalidConfig, (Set, "retention.ms", "soon")) },
        { "a number out of range is INVALID_CONFIG", Versions.All, run => ExpectRefusedAsync(run, ErrorCode.InvalidConfig, (Set, "max.message.bytes", "-1")) },
        { "an append to what is no list is INVALID_CONFIG", Versions.All, run => ExpectRefusedAsync(run, ErrorCode.InvalidConfig, (Append, "retention.ms", "1")) },
        { "a subtraction from what is no list is INVALID_CONFIG", Versions.All, run => ExpectRefusedAsync(run, ErrorCode.InvalidConfig, (Subtract, "retention.ms", "1")) },
        { "a null to set is INVALID_REQUEST", Versions.All, run => ExpectRefusedAsync(run, ErrorCode.InvalidRequest, (Set, "retention.ms", null)) },
        { "an unknown operation is INVALID_REQUEST", Versions.All, run => ExpectRefusedAsync(run, ErrorCode.InvalidRequest, (9, "retention.ms", "1")) },
        {
            "a config that is named twice is INVALID_REQUEST", Versions.All,
            run => ExpectRefusedAsync(run, ErrorCode.InvalidRequest, (Set, "retention.ms", "1"), (Delete, "retention.ms", null))
        },
        {
            "a resource that is named twice is INVALID_REQUEST, both times", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                var request = Ask(ConfigResources.Topic, topic.Name, (Set, "retention.ms", "1"));
                request.Resources.Add(Ask(ConfigResources.Topic, topic.Name, (Set, "retention.bytes", "1")).Resources[0]);
                var answer = await run.AskAsync(request);

                Assert.Equal(2, answer.Responses.Count);
                Assert.All(answer.Responses, static r => Expect.Error(ErrorCode.InvalidRequest, r.ErrorCode, r.ErrorMessage));
                Assert.Equal("604800000", await GetAsync(run, topic, "retention.ms"));
            }
        },
        {
            "an unknown kind of resource is INVALID_REQUEST", Versions.All, Ask(99, "x", (Set, "retention.ms", "1")),
            static answer => Expect.Error(ErrorCode.InvalidRequest, One(answer).ErrorCode, One(answer).ErrorMessage)
        },
        {
            "a broker that there is not is INVALID_REQUEST", Versions.All, Ask(ConfigResources.Broker, "987654321", (Set, "num.io.threads", "3")),
            static answer => Expect.Error(ErrorCode.InvalidRequest, One(answer).ErrorCode, One(answer).ErrorMessage)
        },
        {
            "one change that is refused refuses all of the resource", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                var request = Ask(ConfigResources.Topic, topic.Name, (Set, "retention.ms", "1000"), (Set, "retention.bytes", "many"));
                Expect.Error(ErrorCode.InvalidConfig, One(await run.AskAsync(request)).ErrorCode);
                Assert.Equal("604800000", await GetAsync(run, topic, "retention.ms"));
            }
        },
        {
            "no resources get no answers", Versions.All, new IncrementalAlterConfigsRequest(),
            static answer => Assert.Empty(answer.Responses)
        },
        {
            "what is set is there once it is answered, the rest stays", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync(1, ("retention.bytes", "77"));
                Expect.NoError(One(await run.AskAsync(Ask(ConfigResources.Topic, topic.Name, (Set, "retention.ms", "1000")))).ErrorCode);
                Assert.Equal("1000", await GetAsync(run, topic, "retention.ms"));
                Assert.Equal("77", await GetAsync(run, topic, "retention.bytes"));
            }
        },
        {
            "what is deleted has its default again", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync(1, ("retention.ms", "1000"));
                Expect.NoError(One(await run.AskAsync(Ask(ConfigResources.Topic, topic.Name, (Delete, "retention.ms", null)))).ErrorCode);
                Assert.Equal("604800000", await GetAsync(run, topic, "retention.ms"));
            }
        },
        {
            "what is not set can be deleted", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                Expect.NoError(One(await run.AskAsync(Ask(ConfigResources.Topic, topic.Name, (Delete, "retention.ms", null)))).ErrorCode);
            }
        },
        {
            "lists are appended to and subtracted from", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                Expect.NoError(One(await run.AskAsync(Ask(ConfigResources.Topic, topic.Name, (Append, "cleanup.policy", "compact")))).ErrorCode);
                Assert.Equal("delete,compact", await GetAsync(run, topic, "cleanup.policy"));
                Expect.NoError(One(await run.AskAsync(Ask(ConfigResources.Topic, topic.Name, (Append, "cleanup.policy", "compact")))).ErrorCode);
                Assert.Equal("delete,compact", await GetAsync(run, topic, "cleanup.policy"));
                Expect.NoError(One(await run.AskAsync(Ask(ConfigResources.Topic, topic.Name, (Subtract, "cleanup.policy", "delete")))).ErrorCode);
                Assert.Equal("compact", await GetAsync(run, topic, "cleanup.policy"));
            }
        },
        {
            "a validation changes nothing and finds what is wrong", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                var request = Ask(ConfigResources.Topic, topic.Name, (Set, "retention.ms", "1000"));
                request.ValidateOnly = true;
                Expect.NoError(One(await run.AskAsync(request)).ErrorCode);
                Assert.Equal("604800000", await GetAsync(run, topic, "retention.ms"));

                request.Resources[0].Configs[0].Value = "soon";
                Expect.Error(ErrorCode.InvalidConfig, One(await run.AskAsync(request)).ErrorCode);
            }
        },
        {
            "a change acts at once: max.message.bytes", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                Expect.NoError(One(await run.AskAsync(Ask(ConfigResources.Topic, topic.Name, (Set, "max.message.bytes", "500")))).ErrorCode);
                var answer = await run.AskAsync<ProduceResponse>(ProduceRequests.To(topic, Batch.Of(1, valueBytes: 600)), 9);
                Expect.Error(ErrorCode.MessageTooLarge, answer.Responses[0].PartitionResponses[0].ErrorCode);
            }
        },
        {
            // KIP-848 and KIP-932: configs of a group, which need not be there.
            "a group's configs", Versions.All, async run =>
            {
                var group = CaseRun.NewName("group");
                Expect.NoError(
                    One(await run.AskAsync(Ask(ConfigResources.Group, group, (Set, "consumer.session.timeout.ms", "50000")))).ErrorCode);
                var request = new DescribeConfigsRequest
                {
                    Resources =
                    {
                        new()
                        {
                            ResourceType = ConfigResources.Group,
                            ResourceName = group,
                            ConfigurationKeys = ["consumer.session.timeout.ms"],
                        },
                    },
                };
                var config = Assert.Single((await run.AskAsync<DescribeConfigsResponse>(request, 4)).Results[0].Configs);
                Assert.Equal(("50000", ConfigSources.Group), (config.Value, config.ConfigSource));
            }
        },
        {
            "a group's config that there is not is INVALID_CONFIG", Versions.All, async run =>
            {
                var request = Ask(ConfigResources.Group, CaseRun.NewName("group"), (Set, "no.such.config", "1"));
                Expect.Error(ErrorCode.InvalidConfig, One(await run.AskAsync(request)).ErrorCode);
            }
        },
        {
            "one bad resource leaves the other alone", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                var request = Ask(ConfigResources.Topic, CaseRun.NewName(), (Set, "retention.ms", "1000"));
                request.Resources.Add(Ask(ConfigResources.Topic, topic.Name, (Set, "retention.ms", "1000")).Resources[0]);
                var answer = await run.AskAsync(request);

                Expect.Error(ErrorCode.UnknownTopicOrPartition, answer.Responses.Single(r => r.ResourceName != topic.Name).ErrorCode);
                Expect.NoError(answer.Responses.Single(r => r.ResourceName == topic.Name).ErrorCode);
                Assert.Equal("1000", await GetAsync(run, topic, "retention.ms"));
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task IncrementalAlterConfigs_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static IncrementalAlterConfigsRequest Ask(sbyte type, string name, params (sbyte Operation, string Key, string? Value)[] changes)
    {
        var resource = new IncrementalAlterConfigsRequest.AlterConfigsResource { ResourceType = type, ResourceName = name };
        foreach (var (operation, key, value) in changes)
        {
            resource.Configs.Add(new() { ConfigOperation = operation, Name = key, Value = value });
        }

        return new IncrementalAlterConfigsRequest { Resources = { resource } };
    }

    private static IncrementalAlterConfigsResponse.AlterConfigsResourceResponse One(IncrementalAlterConfigsResponse answer) =>
        Assert.Single(answer.Responses);

    private static async Task ExpectRefusedAsync(
        CaseRun<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse> run,
        ErrorCode error,
        params (sbyte Operation, string Key, string? Value)[] changes)
    {
        var answer = One(await run.AskAsync(Ask(ConfigResources.Topic, (await run.CreateTopicAsync()).Name, changes)));
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
