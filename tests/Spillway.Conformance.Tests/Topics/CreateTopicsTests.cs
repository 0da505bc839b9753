using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Topics;

/// <summary>CreateTopics: names, numbers and configs that are refused, defaults (KIP-464), configs in the answer (KIP-525), validateOnly.</summary>
public sealed class CreateTopicsTests(BrokerFixture broker)
{
    private static readonly ApiCases<CreateTopicsRequest, CreateTopicsResponse> Table = new()
    {
        { "an empty name is INVALID_TOPIC_EXCEPTION", Versions.All, run => ExpectNameRefusedAsync(run, "") },
        { "'.' is INVALID_TOPIC_EXCEPTION", Versions.All, run => ExpectNameRefusedAsync(run, ".") },
        { "'..' is INVALID_TOPIC_EXCEPTION", Versions.All, run => ExpectNameRefusedAsync(run, "..") },
        { "a slash is INVALID_TOPIC_EXCEPTION", Versions.All, run => ExpectNameRefusedAsync(run, "a/b") },
        { "a letter that is not ASCII is INVALID_TOPIC_EXCEPTION", Versions.All, run => ExpectNameRefusedAsync(run, "stra\u00dfe") },
        { "250 characters are INVALID_TOPIC_EXCEPTION", Versions.All, run => ExpectNameRefusedAsync(run, new string('a', 250)) },
        {
            // '.' and '_' are the same in the names of metrics.
            "a name that differs in '.' and '_' only is INVALID_TOPIC_EXCEPTION", Versions.All, async run =>
            {
                var name = $"a.b_{Guid.NewGuid():N}";
                Expect.NoError(One(await run.AskAsync(Ask(name))).ErrorCode);
                var answer = One(await run.AskAsync(Ask(name.Replace('.', '_'))));
                Expect.Error(ErrorCode.InvalidTopicException, answer.ErrorCode, answer.ErrorMessage);
            }
        },
        {
            "a topic that is there is TOPIC_ALREADY_EXISTS", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                var answer = One(await run.AskAsync(Ask(topic.Name)));
                Expect.Error(ErrorCode.TopicAlreadyExists, answer.ErrorCode, answer.ErrorMessage);
            }
        },
        {
            "a topic that is there is TOPIC_ALREADY_EXISTS in a validation, too", Versions.All, async run =>
            {
                var request = Ask((await run.CreateTopicAsync()).Name);
                request.ValidateOnly = true;
                Expect.Error(ErrorCode.TopicAlreadyExists, One(await run.AskAsync(request)).ErrorCode);
            }
        },
        {
            "a topic that is named twice is INVALID_REQUEST, once", Versions.All, async run =>
            {
                var name = CaseRun.NewName();
                var request = Ask(name);
                request.Topics.Add(Ask(name, partitionCount: 2).Topics[0]);
                var answer = One(await run.AskAsync(request));
                Expect.Error(ErrorCode.InvalidRequest, answer.ErrorCode, answer.ErrorMessage);
                Assert.Equal("Duplicate topic name.", answer.ErrorMessage);
            }
        },
        { "no partitions are INVALID_PARTITIONS", Versions.All, run => ExpectRefusedAsync(run, ErrorCode.InvalidPartitions, partitionCount: 0) },
        { "-2 partitions are INVALID_PARTITIONS", Versions.All, run => ExpectRefusedAsync(run, ErrorCode.InvalidPartitions, partitionCount: -2) },
        {
            "no replicas are INVALID_REPLICATION_FACTOR", Versions.All,
            run => ExpectRefusedAsync(run, ErrorCode.InvalidReplicationFactor, replicationFactor: 0)
        },
        {
            "-2 replicas are INVALID_REPLICATION_FACTOR", Versions.All,
            run => ExpectRefusedAsync(run, ErrorCode.InvalidReplicationFactor, replicationFactor: -2)
        },
        {
            "more replicas than there can be brokers are INVALID_REPLICATION_FACTOR", Versions.All,
            run => ExpectRefusedAsync(run, ErrorCode.InvalidReplicationFactor, replicationFactor: 100)
        },
        { "an unknown config is INVALID_CONFIG", Versions.All, run => ExpectConfigRefusedAsync(run, "no.such.config", "1") },
        { "a number that is none is INVALID_CONFIG", Versions.All, run => ExpectConfigRefusedAsync(run, "retention.ms", "soon") },
        { "a number out of range is INVALID_CONFIG", Versions.All, run => ExpectConfigRefusedAsync(run, "retention.ms", "-2") },
        { "a policy that is none is INVALID_CONFIG", Versions.All, run => ExpectConfigRefusedAsync(run, "cleanup.policy", "shred") },
        { "a codec that is none is INVALID_CONFIG", Versions.All, run => ExpectConfigRefusedAsync(run, "compression.type", "brotli") },
        { "a boolean that is none is INVALID_CONFIG", Versions.All, run => ExpectConfigRefusedAsync(run, "preallocate", "perhaps") },
        { "a null value is INVALID_CONFIG", Versions.All, run => ExpectConfigRefusedAsync(run, "retention.ms", null) },
        {
            "assignments with a number of partitions are INVALID_REQUEST", Versions.All,
            run => ExpectAssignmentRefusedAsync(run, ErrorCode.InvalidRequest, partitionCount: 1, replicationFactor: -1, (0, 1))
        },
        {
            "assignments with a replication factor are INVALID_REQUEST", Versions.All,
            run => ExpectAssignmentRefusedAsync(run, ErrorCode.InvalidRequest, partitionCount: -1, replicationFactor: 1, (0, 1))
        },
        {
            "an assignment of one partition twice is INVALID_REPLICA_ASSIGNMENT", Versions.All,
            run => ExpectAssignmentRefusedAsync(run, ErrorCode.InvalidReplicaAssignment, -1, -1, (0, 1), (0, 1))
        },
        {
            "an assignment with a gap is INVALID_REPLICA_ASSIGNMENT", Versions.All,
            run => ExpectAssignmentRefusedAsync(run, ErrorCode.InvalidReplicaAssignment, -1, -1, (0, 1), (2, 1))
        },
        {
            "an assignment without replicas is INVALID_REPLICA_ASSIGNMENT", Versions.All,
            run => ExpectAssignmentRefusedAsync(run, ErrorCode.InvalidReplicaAssignment, -1, -1, (0, 0))
        },
        {
            "an assignment to one broker twice is INVALID_REPLICA_ASSIGNMENT", Versions.All,
            run => ExpectAssignmentRefusedAsync(run, ErrorCode.InvalidReplicaAssignment, -1, -1, (0, 2))
        },
        {
            "an assignment to a broker that there is not is INVALID_REPLICA_ASSIGNMENT", Versions.All, async run =>
            {
                var request = Ask(CaseRun.NewName(), -1, -1);
                request.Topics[0].Assignments.Add(new() { PartitionIndex = 0, BrokerIds = { 987_654_321 } });
                Expect.Error(ErrorCode.InvalidReplicaAssignment, One(await run.AskAsync(request)).ErrorCode);
            }
        },
        { "the log of Kafka's controllers is INVALID_REQUEST", Versions.All, run => ExpectMistakeAsync(run, ErrorCode.InvalidRequest, "__cluster_metadata") },
        {
            "of several mistakes an illegal name comes first", Versions.All,
            run => ExpectMistakeAsync(run, ErrorCode.InvalidTopicException, "a b", config: "no.such.config", partitionCount: 0, replicationFactor: 0)
        },
        {
            "then a topic that is there", Versions.All, async run =>
            {
                var name = (await run.CreateTopicAsync()).Name;
                await ExpectMistakeAsync(run, ErrorCode.TopicAlreadyExists, name, "no.such.config", partitionCount: 0, replicationFactor: 0);
                await ExpectMistakeAsync(run, ErrorCode.TopicAlreadyExists, name, assignments: 1, replicationFactor: 1);
                await ExpectMistakeAsync(run, ErrorCode.TopicAlreadyExists, name, config: "retention.ms", value: null);
            }
        },
        {
            "then a config", Versions.All, async run =>
            {
                var name = CaseRun.NewName();
                await ExpectMistakeAsync(run, ErrorCode.InvalidConfig, name, "no.such.config", partitionCount: 0, replicationFactor: 0);
                await ExpectMistakeAsync(run, ErrorCode.InvalidConfig, name, "no.such.config", assignments: 1, replicationFactor: 1);
                await ExpectMistakeAsync(run, ErrorCode.InvalidConfig, name, "retention.ms", value: null, partitionCount: 0);
            }
        },
        {
            "then a number of replicas that is none", Versions.All,
            run => ExpectMistakeAsync(run, ErrorCode.InvalidReplicationFactor, CaseRun.NewName(), partitionCount: 0, replicationFactor: 0)
        },
        {
            "then a number of partitions that is none, before too many replicas", Versions.All,
            run => ExpectMistakeAsync(run, ErrorCode.InvalidPartitions, CaseRun.NewName(), partitionCount: 0, replicationFactor: 100)
        },
        {
            "one bad topic leaves the others alone", Versions.All, async run =>
            {
                var name = CaseRun.NewName();
                var request = Ask("a b");
                request.Topics.Add(Ask(name).Topics[0]);
                var answer = await run.AskAsync(request);

                Expect.Error(ErrorCode.InvalidTopicException, answer.Topics.Single(static t => t.Name == "a b").ErrorCode);
                Expect.NoError(answer.Topics.Single(t => t.Name == name).ErrorCode);
            }
        },
        { "no topics get no answers", Versions.All, new CreateTopicsRequest { TimeoutMs = 1000 }, static answer => Assert.Empty(answer.Topics) },
        {
            "a topic is there once it is answered", Versions.All, async run =>
            {
                var name = CaseRun.NewName();
                var answer = One(await run.AskAsync(Ask(name, partitionCount: 3)));

                Expect.NoError(answer.ErrorCode);
                var described = await DescribeAsync(run, name);
                Assert.Equal(3, described.Partitions.Count);
                Assert.Equal(run.Version >= 7 ? described.TopicId : Guid.Empty, answer.TopicId);
                Assert.Equal(run.Version >= 5 ? (3, (short)1) : (-1, (short)-1), (answer.NumPartitions, answer.ReplicationFactor));
            }
        },
        {
            // KIP-464: -1 is the broker's default.
            "-1 takes the broker's defaults", Versions.All, async run =>
            {
                var name = CaseRun.NewName();
                Expect.NoError(One(await run.AskAsync(Ask(name, -1, -1))).ErrorCode);
                Assert.Equal(BrokerFixture.DefaultPartitionCount, (await DescribeAsync(run, name)).Partitions.Count);
            }
        },
        {
            // KIP-525.
            "the configs are told from v5 on", Versions.Since(5), async run =>
            {
                var request = Ask(CaseRun.NewName());
                request.Topics[0].Configs.Add(new() { Name = "retention.ms", Value = "12345" });
                var configs = One(await run.AskAsync(request)).Configs!;

                var set = configs.Single(static c => c.Name == "retention.ms");
                Assert.Equal(("12345", ConfigSources.Topic), (set.Value, set.ConfigSource));
                var unset = configs.Single(static c => c.Name == "cleanup.policy");
                Assert.Equal(("delete", ConfigSources.Default), (unset.Value, unset.ConfigSource));
            }
        },
        {
            "a validation creates nothing", Versions.All, async run =>
            {
                var name = CaseRun.NewName();
                var request = Ask(name);
                request.ValidateOnly = true;
                Expect.NoError(One(await run.AskAsync(request)).ErrorCode);

                var metadata = new MetadataRequest { AllowAutoTopicCreation = false, Topics = [new() { Name = name }] };
                Expect.Error(ErrorCode.UnknownTopicOrPartition, (await run.AskAsync<MetadataResponse>(metadata, 9)).Topics[0].ErrorCode);
            }
        },
        {
            "an assignment to the broker makes its partitions", Versions.All, async run =>
            {
                var broker = await run.GetBrokerIdAsync();
                var name = CaseRun.NewName();
                var request = Ask(name, -1, -1);
                for (var partition = 0; partition < 2; partition++)
                {
                    request.Topics[0].Assignments.Add(new() { PartitionIndex = partition, BrokerIds = { broker } });
                }

                Expect.NoError(One(await run.AskAsync(request)).ErrorCode);
                Assert.Equal(2, (await DescribeAsync(run, name)).Partitions.Count);
            }
        },
        {
            "a name that was deleted can be created again, under another id", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                await run.AskAsync<DeleteTopicsResponse>(new DeleteTopicsRequest { TopicNames = { topic.Name } }, 5);
                Expect.NoError(One(await run.AskAsync(Ask(topic.Name))).ErrorCode);
                Assert.NotEqual(topic.Id, (await DescribeAsync(run, topic.Name)).TopicId);
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task CreateTopics_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static CreateTopicsRequest Ask(string name, int partitionCount = 1, short replicationFactor = 1) => new()
    {
        TimeoutMs = 30_000,
        Topics = { new() { Name = name, NumPartitions = partitionCount, ReplicationFactor = replicationFactor } },
    };

    private static CreateTopicsResponse.CreatableTopicResult One(CreateTopicsResponse answer) => Assert.Single(answer.Topics);

    private static async Task<MetadataResponse.MetadataResponseTopic> DescribeAsync(CaseRun run, string name)
    {
        var metadata = new MetadataRequest { AllowAutoTopicCreation = false, Topics = [new() { Name = name }] };
        var topic = Assert.Single((await run.AskAsync<MetadataResponse>(metadata, 12)).Topics);
        Expect.NoError(topic.ErrorCode);
        return topic;
    }

    private static async Task ExpectNameRefusedAsync(CaseRun<CreateTopicsRequest, CreateTopicsResponse> run, string name)
    {
        var answer = One(await run.AskAsync(Ask(name)));
        Expect.Error(ErrorCode.InvalidTopicException, answer.ErrorCode, answer.ErrorMessage);
        Assert.Equal(name, answer.Name);
    }

    private static async Task ExpectRefusedAsync(
        CaseRun<CreateTopicsRequest, CreateTopicsResponse> run, ErrorCode error, int partitionCount = 1, short replicationFactor = 1)
    {
        var answer = One(await run.AskAsync(Ask(CaseRun.NewName(), partitionCount, replicationFactor)));
        Expect.Error(error, answer.ErrorCode, answer.ErrorMessage);
        if (error == ErrorCode.InvalidPartitions && partitionCount <= 0)
        {
            Assert.Equal("Number of partitions was set to an invalid non-positive value.", answer.ErrorMessage);
        }
    }

    private static async Task ExpectMistakeAsync(
        CaseRun<CreateTopicsRequest, CreateTopicsResponse> run,
        ErrorCode error,
        string name,
        string? config = null,
        string? value = "1",
        int partitionCount = 1,
        short replicationFactor = 1,
        int assignments = 0)
    {
        var request = Ask(name, assignments > 0 ? -1 : partitionCount, replicationFactor);
        request.Topics[0].Assignments.AddRange(Enumerable.Range(0, assignments).Select(static partition =>
            new CreateTopicsRequest.CreatableReplicaAssignment { PartitionIndex = partition, BrokerIds = { 1 } }));
        if (config is not null)
        {
            request.Topics[0].Configs.Add(new() { Name = config, Value = value });
        }

        foreach (var validateOnly in new[] { true, false })
        {
            request.ValidateOnly = validateOnly;
            var answer = One(await run.AskAsync(request));
            Expect.Error(error, answer.ErrorCode, answer.ErrorMessage);
        }
    }

    private static async Task ExpectConfigRefusedAsync(
        CaseRun<CreateTopicsRequest, CreateTopicsResponse> run, string key, string? value)
    {
        var request = Ask(CaseRun.NewName());
        request.Topics[0].Configs.Add(new() { Name = key, Value = value });
        var answer = One(await run.AskAsync(request));
        Expect.Error(ErrorCode.InvalidConfig, answer.ErrorCode, answer.ErrorMessage);
        if (value is not null && key != "no.such.config")
        {
            Assert.StartsWith($"Invalid value {value} for configuration {key}: Value must be ", answer.ErrorMessage, StringComparison.Ordinal);
        }
        else if (value is null)
        {
            Assert.Equal($"Null value not supported for topic configs: {key}", answer.ErrorMessage);
        }
    }

    private static async Task ExpectAssignmentRefusedAsync(
        CaseRun<CreateTopicsRequest, CreateTopicsResponse> run,
        ErrorCode error,
        int partitionCount,
        short replicationFactor,
        params (int Partition, int ReplicaCount)[] assignments)
    {
        var broker = await run.GetBrokerIdAsync();
        var request = Ask(CaseRun.NewName(), partitionCount, replicationFactor);
        foreach (var (partition, replicaCount) in assignments)
        {
            request.Topics[0].Assignments.Add(
                new() { PartitionIndex = partition, BrokerIds = [.. Enumerable.Repeat(broker, replicaCount)] });
        }

        var answer = One(await run.AskAsync(request));
        Expect.Error(error, answer.ErrorCode, answer.ErrorMessage);
    }
}
