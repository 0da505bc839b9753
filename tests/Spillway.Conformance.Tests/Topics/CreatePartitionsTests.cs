using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Topics;

/// <summary>CreatePartitions: KIP-195.</summary>
public sealed class CreatePartitionsTests(BrokerFixture broker)
{
    private static readonly ApiCases<CreatePartitionsRequest, CreatePartitionsResponse> Table = new()
    {
        {
            "an unknown topic is UNKNOWN_TOPIC_OR_PARTITION", Versions.All, async run =>
            {
                var name = CaseRun.NewName();
                var answer = One(await run.AskAsync(Ask(name, 2)));
                Expect.Error(ErrorCode.UnknownTopicOrPartition, answer.ErrorCode);
                Assert.Equal(name, answer.Name);
            }
        },
        { "as many as there are is INVALID_PARTITIONS", Versions.All, run => ExpectRefusedAsync(run, 2, ErrorCode.InvalidPartitions) },
        { "fewer than there are is INVALID_PARTITIONS", Versions.All, run => ExpectRefusedAsync(run, 1, ErrorCode.InvalidPartitions) },
        { "none is INVALID_PARTITIONS", Versions.All, run => ExpectRefusedAsync(run, 0, ErrorCode.InvalidPartitions) },
        { "a negative number is INVALID_PARTITIONS", Versions.All, run => ExpectRefusedAsync(run, -1, ErrorCode.InvalidPartitions) },
        {
            "a topic that is named twice is INVALID_REQUEST", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                var request = Ask(topic.Name, 2);
                request.Topics.Add(new() { Name = topic.Name, Count = 3, Assignments = null });
                var answer = await run.AskAsync(request);

                Assert.All(answer.Results, static r => Expect.Error(ErrorCode.InvalidRequest, r.ErrorCode, r.ErrorMessage));
                Assert.NotEmpty(answer.Results);
                Assert.Equal(1, await CountAsync(run, topic));
            }
        },
        {
            "fewer assignments than new partitions is INVALID_REPLICA_ASSIGNMENT", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                var request = Ask(topic.Name, 3);
                request.Topics[0].Assignments = [new() { BrokerIds = { await run.GetBrokerIdAsync() } }];
                Expect.Error(ErrorCode.InvalidReplicaAssignment, One(await run.AskAsync(request)).ErrorCode);
                Assert.Equal(1, await CountAsync(run, topic));
            }
        },
        {
            "an assignment to a broker that there is not is INVALID_REPLICA_ASSIGNMENT", Versions.All, async run =>
            {
                var request = Ask((await run.CreateTopicAsync()).Name, 2);
                request.Topics[0].Assignments = [new() { BrokerIds = { 987_654_321 } }];
                Expect.Error(ErrorCode.InvalidReplicaAssignment, One(await run.AskAsync(request)).ErrorCode);
            }
        },
        {
            "one unknown topic leaves the other alone", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                var request = Ask(CaseRun.NewName(), 2);
                request.Topics.Add(new() { Name = topic.Name, Count = 2, Assignments = null });
                var answer = await run.AskAsync(request);

                Expect.Error(ErrorCode.UnknownTopicOrPartition, answer.Results.Single(r => r.Name != topic.Name).ErrorCode);
                Expect.NoError(answer.Results.Single(r => r.Name == topic.Name).ErrorCode);
            }
        },
        {
            "no topics get no answers", Versions.All, new CreatePartitionsRequest { TimeoutMs = 1000 },
            static answer => Assert.Empty(answer.Results)
        },
        {
            "more partitions are there once it is answered", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                await run.ProduceAsync(topic, Batch.Of(1));
                var answer = One(await run.AskAsync(Ask(topic.Name, 4)));

                Expect.NoError(answer.ErrorCode);
                Assert.Equal(topic.Name, answer.Name);
                Assert.Equal(4, await CountAsync(run, topic));
                Assert.Equal(0, await run.ProduceAsync(topic, Batch.Of(1), partition: 3));
                Assert.Equal(1, await run.ProduceAsync(topic, Batch.Of(1)));
            }
        },
        {
            "an assignment for each new partition is taken", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                var id = await run.GetBrokerIdAsync();
                var request = Ask(topic.Name, 3);
                request.Topics[0].Assignments = [new() { BrokerIds = { id } }, new() { BrokerIds = { id } }];
                Expect.NoError(One(await run.AskAsync(request)).ErrorCode);
                Assert.Equal(3, await CountAsync(run, topic));
            }
        },
        {
            "a validation creates nothing", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                var request = Ask(topic.Name, 4);
                request.ValidateOnly = true;
                Expect.NoError(One(await run.AskAsync(request)).ErrorCode);
                Assert.Equal(1, await CountAsync(run, topic));
            }
        },
        {
            "a validation finds what is wrong", Versions.All, async run =>
            {
                var request = Ask((await run.CreateTopicAsync(partitionCount: 3)).Name, 2);
                request.ValidateOnly = true;
                Expect.Error(ErrorCode.InvalidPartitions, One(await run.AskAsync(request)).ErrorCode);
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task CreatePartitions_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static CreatePartitionsRequest Ask(string name, int count) =>
        new() { TimeoutMs = 30_000, Topics = { new() { Name = name, Count = count, Assignments = null } } };

    private static CreatePartitionsResponse.CreatePartitionsTopicResult One(CreatePartitionsResponse answer) => Assert.Single(answer.Results);

    private static async Task<int> CountAsync(CaseRun run, TestTopic topic)
    {
        var request = new MetadataRequest { AllowAutoTopicCreation = false, Topics = [new() { Name = topic.Name }] };
        return (await run.AskAsync<MetadataResponse>(request, 9)).Topics[0].Partitions.Count;
    }

    private static async Task ExpectRefusedAsync(
        CaseRun<CreatePartitionsRequest, CreatePartitionsResponse> run, int count, ErrorCode error)
    {
        var topic = await run.CreateTopicAsync(partitionCount: 2);
        var answer = One(await run.AskAsync(Ask(topic.Name, count)));
        Expect.Error(error, answer.ErrorCode, answer.ErrorMessage);
        Assert.Equal(2, await CountAsync(run, topic));
    }
}
