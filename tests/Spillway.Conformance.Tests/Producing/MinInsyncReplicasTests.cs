using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Producing;

/// <summary>
/// min.insync.replicas: Kafka refuses acks=all with NOT_ENOUGH_REPLICAS while fewer replicas are in sync than it says, but since KAFKA-15583
/// (Kafka 3.7) it never asks for more than the topic has. All that we show are in sync, so no produce is refused.
/// </summary>
public sealed class MinInsyncReplicasTests(BrokerFixture broker)
{
    private static readonly ApiCases<ProduceRequest, ProduceResponse> Table = new()
    {
        {
            "more than a topic has replicas refuse nothing", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync(1, ("min.insync.replicas", "2"));
                await ExpectInSyncAsync(run, topic);
                await ExpectTakenAsync(run, topic);
            }
        },
        {
            "nor do they when they are set later", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                await ExpectTakenAsync(run, topic);
                await SetAsync(run, ConfigResources.Topic, topic.Name, "3");
                await ExpectTakenAsync(run, topic);
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Produce_asks_for_no_more_replicas_than_a_topic_has(string name, short version) => Table.RunAsync(broker, name, version);

    [Fact]
    public async Task The_default_of_all_brokers_refuses_nothing_either()
    {
        await using var own = new BrokerFixture();
        await own.InitializeAsync();
        using var run = await CaseRun<ProduceRequest, ProduceResponse>.BeginAsync(own, version: 11);
        var topic = await run.CreateTopicAsync();

        await SetAsync(run, ConfigResources.Broker, "", "2");

        await ExpectTakenAsync(run, topic);
        await ExpectTakenAsync(run, await run.CreateTopicAsync());
    }

    private static async Task ExpectTakenAsync(CaseRun<ProduceRequest, ProduceResponse> run, TestTopic topic)
    {
        foreach (var acks in new short[] { -1, 1 })
        {
            var answer = await run.AskAsync(ProduceRequests.To(topic, Batch.Of(1), acks: acks));
            Expect.NoError(answer.Responses[0].PartitionResponses[0].ErrorCode);
        }
    }

    private static async Task ExpectInSyncAsync(CaseRun run, TestTopic topic)
    {
        var metadata = new MetadataRequest { AllowAutoTopicCreation = false, Topics = [new() { Name = topic.Name }] };
        var partition = Assert.Single((await run.AskAsync<MetadataResponse>(metadata, 9)).Topics[0].Partitions);
        Assert.Equal(partition.ReplicaNodes, partition.IsrNodes);
    }

    private static async Task SetAsync(CaseRun run, sbyte type, string name, string value)
    {
        var request = new IncrementalAlterConfigsRequest
        {
            Resources =
            {
                new()
                {
                    ResourceType = type,
                    ResourceName = name,
                    Configs = { new() { Name = "min.insync.replicas", ConfigOperation = 0, Value = value } },
                },
            },
        };
        var answer = await run.AskAsync<IncrementalAlterConfigsResponse>(request, 1);
        Expect.Error(ErrorCode.None, Assert.Single(answer.Responses).ErrorCode);
    }
}
