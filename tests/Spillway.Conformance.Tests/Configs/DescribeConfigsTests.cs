using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Configs;

/// <summary>DescribeConfigs: sources and synonyms (KIP-226), types and documentation (KIP-569, v3).</summary>
public sealed class DescribeConfigsTests(BrokerFixture broker)
{
    private const sbyte Long = 5;
    private const sbyte List = 7;

    private static readonly ApiCases<DescribeConfigsRequest, DescribeConfigsResponse> Table = new()
    {
        {
            "an unknown topic is UNKNOWN_TOPIC_OR_PARTITION", Versions.All, async run =>
            {
                var name = CaseRun.NewName();
                var answer = One(await run.AskAsync(Ask(ConfigResources.Topic, name)));
                Expect.Error(ErrorCode.UnknownTopicOrPartition, answer.ErrorCode);
                Assert.Equal((ConfigResources.Topic, name), (answer.ResourceType, answer.ResourceName));
                Assert.Empty(answer.Configs);
            }
        },
        {
            "an illegal topic name is INVALID_TOPIC_EXCEPTION", Versions.All, Ask(ConfigResources.Topic, "a b"),
            static answer => Expect.Error(ErrorCode.InvalidTopicException, One(answer).ErrorCode, One(answer).ErrorMessage)
        },
        {
            "a broker that there is not is INVALID_REQUEST", Versions.All, Ask(ConfigResources.Broker, "987654321"),
            static answer => Expect.Error(ErrorCode.InvalidRequest, One(answer).ErrorCode, One(answer).ErrorMessage)
        },
        {
            "a broker that is no number is INVALID_REQUEST", Versions.All, Ask(ConfigResources.Broker, "one"),
            static answer => Expect.Error(ErrorCode.InvalidRequest, One(answer).ErrorCode, One(answer).ErrorMessage)
        },
        {
            "an unknown kind of resource is INVALID_REQUEST", Versions.All, Ask(99, "x"),
            static answer => Expect.Error(ErrorCode.InvalidRequest, One(answer).ErrorCode)
        },
        { "no resources get no answers", Versions.All, new DescribeConfigsRequest(), static answer => Assert.Empty(answer.Results) },
        {
            "a key that there is not gets nothing", Versions.All, async run =>
            {
                var answer = One(await run.AskAsync(Ask(ConfigResources.Topic, (await run.CreateTopicAsync()).Name, "no.such.config")));
                Expect.NoError(answer.ErrorCode);
                Assert.Empty(answer.Configs);
            }
        },
        {
            "null asks for all configs of a topic", Versions.All, async run =>
            {
                var answer = One(await run.AskAsync(Ask(ConfigResources.Topic, (await run.CreateTopicAsync()).Name)));

                Expect.NoError(answer.ErrorCode);
                var names = answer.Configs.Select(static c => c.Name).ToList();
                Assert.Equal(names.Distinct(), names);
                Assert.Empty(ConfigResources.TopicConfigs.Except(names));
            }
        },
        {
            "keys ask for these alone", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                var answer = One(await run.AskAsync(Ask(ConfigResources.Topic, topic.Name, "retention.ms", "cleanup.policy")));
                Assert.Equal(["cleanup.policy", "retention.ms"], answer.Configs.Select(static c => c.Name).Order());
            }
        },
        {
            "what is not set has Kafka's default", Versions.All, async run =>
            {
                var answer = One(await run.AskAsync(Ask(ConfigResources.Topic, (await run.CreateTopicAsync()).Name)));

                foreach (var (name, value) in ConfigResources.TopicDefaults)
                {
                    var config = answer.Configs.Single(c => c.Name == name);
                    Assert.Equal((name, value, ConfigSources.Default), (name, config.Value, config.ConfigSource));
                    Assert.False(config.ReadOnly || config.IsSensitive);
                }
            }
        },
        {
            "what is set has its value and says so", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync(1, ("retention.ms", "12345"), ("cleanup.policy", "compact,delete"));
                var configs = One(await run.AskAsync(Ask(ConfigResources.Topic, topic.Name, "retention.ms", "cleanup.policy"))).Configs;

                var retention = configs.Single(static c => c.Name == "retention.ms");
                Assert.Equal(("12345", ConfigSources.Topic), (retention.Value, retention.ConfigSource));
                Assert.Equal("compact,delete", configs.Single(static c => c.Name == "cleanup.policy").Value);
            }
        },
        {
            // KIP-226: what would hold if it were not set, nearest first; only where asked for.
            "synonyms go from the topic to the default", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync(1, ("retention.bytes", "100"));
                var request = Ask(ConfigResources.Topic, topic.Name, "retention.bytes");
                Assert.Empty(One(await run.AskAsync(request)).Configs[0].Synonyms);
                request.IncludeSynonyms = true;
                var synonyms = One(await run.AskAsync(request)).Configs[0].Synonyms;

                Assert.Equal(("retention.bytes", "100", ConfigSources.Topic), (synonyms[0].Name, synonyms[0].Value, synonyms[0].Source));
                Assert.Equal(("log.retention.bytes", "-1", ConfigSources.Default), (synonyms[^1].Name, synonyms[^1].Value, synonyms[^1].Source));
            }
        },
        {
            "types are told from v3 on", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                var configs = One(await run.AskAsync(Ask(ConfigResources.Topic, topic.Name, "retention.ms", "cleanup.policy"))).Configs;

                Assert.Equal(run.Version >= 3 ? Long : 0, configs.Single(static c => c.Name == "retention.ms").ConfigType);
                Assert.Equal(run.Version >= 3 ? List : 0, configs.Single(static c => c.Name == "cleanup.policy").ConfigType);
            }
        },
        {
            "documentation is told where asked for", Versions.Since(3), async run =>
            {
                var request = Ask(ConfigResources.Topic, (await run.CreateTopicAsync()).Name);
                Assert.All(One(await run.AskAsync(request)).Configs, static c => Assert.Null(c.Documentation));
                request.IncludeDocumentation = true;
                var configs = One(await run.AskAsync(request)).Configs;
                Assert.All(configs, static c => Assert.False(string.IsNullOrEmpty(c.Documentation)));

                // Who sets what changes nothing here is told so.
                string DocumentationOf(string name) => configs.Single(c => c.Name == name).Documentation!;
                Assert.EndsWith("without effect here.", DocumentationOf("segment.bytes"), StringComparison.Ordinal);
                Assert.DoesNotContain("without effect", DocumentationOf("min.compaction.lag.ms"), StringComparison.Ordinal);
                Assert.DoesNotContain("without effect", DocumentationOf("retention.ms"), StringComparison.Ordinal);
            }
        },
        {
            "the broker's own configs", Versions.All, async run =>
            {
                var id = await run.GetBrokerIdAsync();
                var answer = One(await run.AskAsync(Ask(ConfigResources.Broker, $"{id}", "num.partitions", "message.max.bytes")));

                Expect.NoError(answer.ErrorCode);
                var set = answer.Configs.Single(static c => c.Name == "num.partitions");
                Assert.Equal(($"{BrokerFixture.DefaultPartitionCount}", ConfigSources.StaticBroker), (set.Value, set.ConfigSource));
                var unset = answer.Configs.Single(static c => c.Name == "message.max.bytes");
                Assert.Equal(("1048588", ConfigSources.Default), (unset.Value, unset.ConfigSource));
            }
        },
        {
            "one bad resource leaves the other alone", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                var request = Ask(ConfigResources.Topic, CaseRun.NewName());
                request.Resources.Add(Ask(ConfigResources.Topic, topic.Name).Resources[0]);
                var answer = await run.AskAsync(request);

                Expect.Error(ErrorCode.UnknownTopicOrPartition, answer.Results.Single(r => r.ResourceName != topic.Name).ErrorCode);
                Assert.NotEmpty(answer.Results.Single(r => r.ResourceName == topic.Name).Configs);
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task DescribeConfigs_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static DescribeConfigsRequest Ask(sbyte type, string name, params string[] keys) => new()
    {
        Resources = { new() { ResourceType = type, ResourceName = name, ConfigurationKeys = keys.Length == 0 ? null : [.. keys] } },
    };

    private static DescribeConfigsResponse.DescribeConfigsResult One(DescribeConfigsResponse answer) => Assert.Single(answer.Results);
}
