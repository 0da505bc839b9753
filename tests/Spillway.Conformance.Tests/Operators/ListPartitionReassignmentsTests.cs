using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Operators;

/// <summary>ListPartitionReassignments: KIP-455. None is ever under way here.</summary>
public sealed class ListPartitionReassignmentsTests(BrokerFixture broker)
{
    private static readonly ApiCases<ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse> Table = new()
    {
        { "null asks for all, of which there are none", Versions.All, new ListPartitionReassignmentsRequest { Topics = null }, ExpectNone },
        {
            // What is not being moved is not told of, whether it is there or not.
            "topics are looked up without an error", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                var request = new ListPartitionReassignmentsRequest
                {
                    Topics = [new() { Name = topic.Name, PartitionIndexes = { 0 } }, new() { Name = CaseRun.NewName(), PartitionIndexes = { 0 } }],
                };
                ExpectNone(await run.AskAsync(request));
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task ListPartitionReassignments_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static void ExpectNone(ListPartitionReassignmentsResponse answer)
    {
        Expect.NoError(answer.ErrorCode);
        Assert.Empty(answer.Topics);
    }
}
