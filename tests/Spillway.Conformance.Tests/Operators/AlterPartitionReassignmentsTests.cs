using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Operators;

/// <summary>AlterPartitionReassignments: KIP-455; from v1 on the replication factor may be held (KIP-860). Nobody keeps replicas here.</summary>
public sealed class AlterPartitionReassignmentsTests(BrokerFixture broker)
{
    private static readonly ApiCases<AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse> Table = new()
    {
        {
            "an unknown topic is UNKNOWN_TOPIC_OR_PARTITION", Versions.All, async run =>
                Expect.Error(
                    ErrorCode.UnknownTopicOrPartition,
                    One(await run.AskAsync(Ask(CaseRun.NewName(), 0, [await run.GetBrokerIdAsync()]))).ErrorCode)
        },
        {
            "an unknown partition is UNKNOWN_TOPIC_OR_PARTITION", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                Expect.Error(
                    ErrorCode.UnknownTopicOrPartition, One(await run.AskAsync(Ask(topic.Name, 5, [await run.GetBrokerIdAsync()]))).ErrorCode);
            }
        },
        {
            "nothing to cancel is NO_REASSIGNMENT_IN_PROGRESS", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                Expect.Error(ErrorCode.NoReassignmentInProgress, One(await run.AskAsync(Ask(topic.Name, 0, null))).ErrorCode);
            }
        },
        { "no replicas are INVALID_REPLICA_ASSIGNMENT", Versions.All, run => ExpectAssignmentRefusedAsync(run, static _ => []) },
        { "a broker that there is not is INVALID_REPLICA_ASSIGNMENT", Versions.All, run => ExpectAssignmentRefusedAsync(run, static _ => [987_654_321]) },
        { "a broker twice is INVALID_REPLICA_ASSIGNMENT", Versions.All, run => ExpectAssignmentRefusedAsync(run, static id => [id, id]) },
        { "no topics get no answers", Versions.All, new AlterPartitionReassignmentsRequest(), static answer => Assert.Empty(answer.Responses) },
        {
            "an assignment to where it is is fine", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                var answer = await run.AskAsync(Ask(topic.Name, 0, [await run.GetBrokerIdAsync()]));
                Expect.NoError(answer.ErrorCode);
                Expect.NoError(One(answer).ErrorCode);
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task AlterPartitionReassignments_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static AlterPartitionReassignmentsRequest Ask(string topic, int partition, List<int>? replicas) => new()
    {
        TimeoutMs = 10_000,
        Topics = { new() { Name = topic, Partitions = { new() { PartitionIndex = partition, Replicas = replicas } } } },
    };

    private static AlterPartitionReassignmentsResponse.ReassignablePartitionResponse One(AlterPartitionReassignmentsResponse answer) =>
        Assert.Single(Assert.Single(answer.Responses).Partitions);

    private static async Task ExpectAssignmentRefusedAsync(
        CaseRun<AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse> run, Func<int, List<int>> replicas)
    {
        var topic = await run.CreateTopicAsync();
        var answer = One(await run.AskAsync(Ask(topic.Name, 0, replicas(await run.GetBrokerIdAsync()))));
        Expect.Error(ErrorCode.InvalidReplicaAssignment, answer.ErrorCode, answer.ErrorMessage);
    }
}
