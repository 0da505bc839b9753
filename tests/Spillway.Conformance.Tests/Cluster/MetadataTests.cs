using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Cluster;

/// <summary>Metadata: names and (KIP-516, v12) ids, what a null and an empty list ask for, auto-creation, operations (KIP-430).</summary>
public sealed class MetadataTests(BrokerFixture broker)
{
    private static readonly ApiCases<MetadataRequest, MetadataResponse> Table = new()
    {
        {
            "an unknown name is UNKNOWN_TOPIC_OR_PARTITION", Versions.Since(4), async run =>
            {
                var name = CaseRun.NewName();
                var topic = Assert.Single((await run.AskAsync(Named(create: false, name))).Topics);

                Expect.Error(ErrorCode.UnknownTopicOrPartition, topic.ErrorCode);
                Assert.Equal(name, topic.Name);
                Assert.Empty(topic.Partitions);
                Assert.Equal(Guid.Empty, topic.TopicId);
            }
        },
        { "a name with a space is INVALID_TOPIC_EXCEPTION", Versions.All, Named(create: true, "a topic"), ExpectInvalidTopic },
        { "an empty name is INVALID_TOPIC_EXCEPTION", Versions.All, Named(create: true, ""), ExpectInvalidTopic },
        { "'..' is INVALID_TOPIC_EXCEPTION", Versions.All, Named(create: true, ".."), ExpectInvalidTopic },
        { "a name of 250 characters is INVALID_TOPIC_EXCEPTION", Versions.All, Named(create: true, new string('a', 250)), ExpectInvalidTopic },
        {
            "an illegal name is found without leave to create, too", Versions.Since(4), Named(create: false, "a/b"), ExpectInvalidTopic
        },
        {
            "an unknown id is UNKNOWN_TOPIC_ID", Versions.Since(12), async run =>
            {
                var id = Guid.NewGuid();
                var topic = Assert.Single((await run.AskAsync(ById(id))).Topics);

                Expect.Error(ErrorCode.UnknownTopicId, topic.ErrorCode);
                Assert.Equal(id, topic.TopicId);
                Assert.Null(topic.Name);
                Assert.Empty(topic.Partitions);
            }
        },
        {
            // The schema has ids from v10 on, but brokers take them from v12 on only.
            "an id before v12 is INVALID_REQUEST", Versions.Between(10, 11), async run =>
            {
                var topic = await run.CreateTopicAsync();
                var request = new MetadataRequest { Topics = [new() { Name = topic.Name, TopicId = topic.Id }] };

                Expect.Error(ErrorCode.InvalidRequest, Assert.Single((await run.AskAsync(request)).Topics).ErrorCode);
            }
        },
        {
            "good and bad topics are answered side by side", Versions.Since(4), async run =>
            {
                var topic = await run.CreateTopicAsync();
                var answer = await run.AskAsync(Named(create: false, "not there", topic.Name, CaseRun.NewName()));

                Assert.Equal(3, answer.Topics.Count);
                Expect.NoError(answer.Topics.Single(t => t.Name == topic.Name).ErrorCode);
                Expect.Error(ErrorCode.InvalidTopicException, answer.Topics.Single(static t => t.Name == "not there").ErrorCode);
            }
        },
        {
            "a name that is given twice is answered once", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();

                Assert.Single((await run.AskAsync(Named(create: true, topic.Name, topic.Name))).Topics);
            }
        },
        {
            "a topic by its name", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync(partitionCount: 3);
                var answer = await run.AskAsync(Named(create: true, topic.Name));

                ExpectDescribed(answer, topic, partitionCount: 3, run.Version);
            }
        },
        {
            // KIP-516: Kafka's brokers look for ids first, and for names only where there are none.
            "where ids are asked for names are not answered", Versions.Since(12), async run =>
            {
                var (named, known, unknown) = (await run.CreateTopicAsync(), await run.CreateTopicAsync(), Guid.NewGuid());
                var asked = Named(create: true, named.Name, CaseRun.NewName());
                asked.Topics!.AddRange(ById(known.Id).Topics!);
                asked.Topics.AddRange(ById(known.Id).Topics!);
                asked.Topics.Add(new() { Name = named.Name, TopicId = unknown });
                var answer = await run.AskAsync(asked);

                Assert.Equal(
                    [(known.Name, known.Id, ErrorCode.None), (null, unknown, ErrorCode.UnknownTopicId)],
                    answer.Topics.Select(static t => (t.Name, t.TopicId, (ErrorCode)t.ErrorCode)));
            }
        },
        {
            "a topic by its id", Versions.Since(12), async run =>
            {
                var topic = await run.CreateTopicAsync(partitionCount: 2);
                var answer = await run.AskAsync(ById(topic.Id));

                ExpectDescribed(answer, topic, partitionCount: 2, run.Version);
            }
        },
        {
            "null asks for all topics", Versions.Since(1), async run =>
            {
                var topic = await run.CreateTopicAsync();
                var answer = await run.AskAsync(new MetadataRequest { Topics = null, AllowAutoTopicCreation = true });

                Assert.Contains(answer.Topics, t => t.Name == topic.Name);
            }
        },
        {
            // v0 has no null: an empty list means all there.
            "an empty list asks for all topics in v0", Versions.Only(0), async run =>
            {
                var topic = await run.CreateTopicAsync();

                Assert.Contains((await run.AskAsync(Named(create: true))).Topics, t => t.Name == topic.Name);
            }
        },
        {
            "an empty list asks for no topic", Versions.Since(1), async run =>
            {
                await run.CreateTopicAsync();
                var answer = await run.AskAsync(Named(create: true));

                Assert.Empty(answer.Topics);
                Assert.NotEmpty(answer.Brokers);
            }
        },
        {
            // auto.create.topics.enable, which is on; before v4 a client has no say.
            "a topic that is not there is created where that is allowed", Versions.All, async run =>
            {
                var name = CaseRun.NewName();
                await run.AskAsync(Named(create: true, name));

                var answer = await run.AskAsync(Named(create: true, name));
                var topic = Assert.Single(answer.Topics);
                Expect.NoError(topic.ErrorCode);
                Assert.Equal(BrokerFixture.DefaultPartitionCount, topic.Partitions.Count);
            }
        },
        {
            "a deleted topic is unknown", Versions.Since(4), async run =>
            {
                var topic = await run.CreateTopicAsync();
                await run.AskAsync<DeleteTopicsResponse>(new DeleteTopicsRequest { TopicNames = { topic.Name } }, 5);

                Expect.Error(
                    ErrorCode.UnknownTopicOrPartition, Assert.Single((await run.AskAsync(Named(create: false, topic.Name))).Topics).ErrorCode);
            }
        },
        {
            "brokers can be connected to, and one is the controller", Versions.All, async run =>
            {
                var answer = await run.AskAsync(Named(create: true));

                var own = Assert.Single(answer.Brokers);
                Assert.Equal((run.Broker.Host, run.Broker.Port), (own.Host, own.Port));
                Assert.Equal(run.Version >= 1 ? own.NodeId : -1, answer.ControllerId);
                Assert.Equal(run.Version >= 2, !string.IsNullOrEmpty(answer.ClusterId));
            }
        },
        {
            // KIP-430: bit n is operation n of AclOperation; not asked for is the smallest int32.
            "operations on topics are told where asked for", Versions.Since(8), async run =>
            {
                var topic = await run.CreateTopicAsync();
                var asked = Named(create: false, topic.Name);

                Assert.Equal(AllOperations.NotAsked, (await run.AskAsync(asked)).Topics[0].TopicAuthorizedOperations);
                asked.IncludeTopicAuthorizedOperations = true;
                Assert.Equal(AllOperations.OnTopic, (await run.AskAsync(asked)).Topics[0].TopicAuthorizedOperations);
            }
        },
        {
            // KIP-700: DescribeCluster has them since.
            "operations on the cluster are told up to v10", Versions.Between(8, 10), async run =>
            {
                var asked = Named(create: false);

                Assert.Equal(AllOperations.NotAsked, (await run.AskAsync(asked)).ClusterAuthorizedOperations);
                asked.IncludeClusterAuthorizedOperations = true;
                Assert.Equal(AllOperations.OnCluster, (await run.AskAsync(asked)).ClusterAuthorizedOperations);
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Metadata_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    // Versions before 4 cannot say no.
    private static MetadataRequest Named(bool create, params string[] names) => new()
    {
        AllowAutoTopicCreation = create, Topics = [.. names.Select(static name => new MetadataRequest.MetadataRequestTopic { Name = name })],
    };

    private static MetadataRequest ById(Guid id) =>
        new() { AllowAutoTopicCreation = false, Topics = [new() { Name = null, TopicId = id }] };

    private static void ExpectInvalidTopic(MetadataResponse answer)
    {
        var topic = Assert.Single(answer.Topics);
        Expect.Error(ErrorCode.InvalidTopicException, topic.ErrorCode);
        Assert.Empty(topic.Partitions);
    }

    private static void ExpectDescribed(MetadataResponse answer, TestTopic topic, int partitionCount, short version)
    {
        var described = Assert.Single(answer.Topics);
        Expect.NoError(described.ErrorCode);
        Assert.Equal(topic.Name, described.Name);
        Assert.Equal(version >= 10 ? topic.Id : Guid.Empty, described.TopicId);
        Assert.False(described.IsInternal);
        Assert.Equal(Enumerable.Range(0, partitionCount), described.Partitions.Select(static p => p.PartitionIndex).Order());
        foreach (var partition in described.Partitions)
        {
            Expect.NoError(partition.ErrorCode);
            Assert.Contains(answer.Brokers, broker => broker.NodeId == partition.LeaderId);
            Assert.Contains(partition.LeaderId, partition.ReplicaNodes);
            Assert.Contains(partition.LeaderId, partition.IsrNodes);
            Assert.Empty(partition.OfflineReplicas);
            Assert.Equal(version >= 7 ? 0 : -1, partition.LeaderEpoch);
        }
    }
}
