using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Operators;

/// <summary>ElectLeaders: KIP-183, unclean ones from v1 on (KIP-460). The preferred leader always leads here.</summary>
public sealed class ElectLeadersTests(BrokerFixture broker)
{
    private const sbyte Preferred = 0;
    private const sbyte Unclean = 1;

    private static readonly ApiCases<ElectLeadersRequest, ElectLeadersResponse> Table = new()
    {
        {
            "an unknown topic is UNKNOWN_TOPIC_OR_PARTITION", Versions.All, async run =>
                Expect.Error(ErrorCode.UnknownTopicOrPartition, One(await run.AskAsync(Ask(Preferred, CaseRun.NewName(), 0))).ErrorCode)
        },
        {
            "an unknown partition is UNKNOWN_TOPIC_OR_PARTITION", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                Expect.Error(ErrorCode.UnknownTopicOrPartition, One(await run.AskAsync(Ask(Preferred, topic.Name, 9))).ErrorCode);
            }
        },
        {
            "an unknown kind of election is INVALID_REQUEST", Versions.Since(1), async run =>
                Expect.Error(ErrorCode.InvalidRequest, (await run.AskAsync(Ask(7, (await run.CreateTopicAsync()).Name, 0))).ErrorCode)
        },
        {
            "a partition whose preferred leader leads is ELECTION_NOT_NEEDED", Versions.All, async run =>
            {
                var answer = One(await run.AskAsync(Ask(Preferred, (await run.CreateTopicAsync()).Name, 0)));
                Expect.Error(ErrorCode.ElectionNotNeeded, answer.ErrorCode);
            }
        },
        {
            "a partition that has a leader needs no unclean one", Versions.Since(1), async run =>
            {
                var answer = One(await run.AskAsync(Ask(Unclean, (await run.CreateTopicAsync()).Name, 0)));
                Expect.Error(ErrorCode.ElectionNotNeeded, answer.ErrorCode);
            }
        },
        {
            // Of all partitions only those that needed one are told of.
            "null asks for all partitions, and none needs one", Versions.All,
            new ElectLeadersRequest { TopicPartitionsValue = null, TimeoutMs = 10_000 },
            static answer =>
            {
                Expect.NoError(answer.ErrorCode);
                Assert.Empty(answer.ReplicaElectionResults);
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task ElectLeaders_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static ElectLeadersRequest Ask(sbyte type, string topic, int partition) => new()
    {
        ElectionType = type, TimeoutMs = 10_000, TopicPartitionsValue = [new() { Topic = topic, Partitions = { partition } }],
    };

    private static ElectLeadersResponse.PartitionResult One(ElectLeadersResponse answer)
    {
        Expect.NoError(answer.ErrorCode);
        return Assert.Single(Assert.Single(answer.ReplicaElectionResults).PartitionResult);
    }
}
