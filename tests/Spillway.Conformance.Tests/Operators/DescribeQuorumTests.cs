using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Operators;

/// <summary>DescribeQuorum: KIP-595, times of replicas (KIP-836, v1), nodes (KIP-853, v2).</summary>
public sealed class DescribeQuorumTests(BrokerFixture broker)
{
    private static readonly ApiCases<DescribeQuorumRequest, DescribeQuorumResponse> Table = new()
    {
        {
            "another topic is UNKNOWN_TOPIC_OR_PARTITION", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                Expect.Error(ErrorCode.UnknownTopicOrPartition, One(await run.AskAsync(Ask(topic.Name, 0))).ErrorCode);
            }
        },
        {
            "another partition is UNKNOWN_TOPIC_OR_PARTITION", Versions.All, Ask("__cluster_metadata", 1),
            static answer => Expect.Error(ErrorCode.UnknownTopicOrPartition, One(answer).ErrorCode)
        },
        {
            "the quorum has a leader among its voters", Versions.All, Ask("__cluster_metadata", 0),
            static answer =>
            {
                Expect.NoError(answer.ErrorCode);
                var quorum = One(answer);
                Expect.NoError(quorum.ErrorCode);
                Assert.Contains(quorum.CurrentVoters, voter => voter.ReplicaId == quorum.LeaderId);
                Assert.True(quorum.LeaderEpoch > 0 && quorum.HighWatermark > 0);
                Assert.All(quorum.CurrentVoters, voter => Assert.True(voter.LogEndOffset >= quorum.HighWatermark));
            }
        },
        {
            "the nodes of the voters are told from v2 on", Versions.Since(2), Ask("__cluster_metadata", 0),
            static answer => Assert.Equal(
                One(answer).CurrentVoters.Select(static v => v.ReplicaId).Order(), answer.Nodes.Select(static n => n.NodeId).Order())
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task DescribeQuorum_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static DescribeQuorumRequest Ask(string topic, int partition) =>
        new() { Topics = { new() { TopicName = topic, Partitions = { new() { PartitionIndex = partition } } } } };

    private static DescribeQuorumResponse.PartitionData One(DescribeQuorumResponse answer) =>
        Assert.Single(Assert.Single(answer.Topics).Partitions);
}
