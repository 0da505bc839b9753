using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Operators;

/// <summary>DescribeTopicPartitions: KIP-966.</summary>
public sealed class DescribeTopicPartitionsTests(BrokerFixture broker)
{
    private static readonly ApiCases<DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse> Table = new()
    {
        {
            "an unknown topic is UNKNOWN_TOPIC_OR_PARTITION", Versions.All, async run =>
            {
                var name = CaseRun.NewName();
                var topic = Assert.Single((await run.AskAsync(Ask(name))).Topics);
                Expect.Error(ErrorCode.UnknownTopicOrPartition, topic.ErrorCode);
                Assert.Equal(name, topic.Name);
                Assert.Empty(topic.Partitions);
            }
        },
        {
            "an illegal name is INVALID_TOPIC_EXCEPTION", Versions.All, Ask("a b"),
            static answer => Expect.Error(ErrorCode.InvalidTopicException, Assert.Single(answer.Topics).ErrorCode)
        },
        {
            "a cursor at a negative partition is INVALID_REQUEST", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                var request = Ask(topic.Name);
                request.CursorValue = new() { TopicName = topic.Name, PartitionIndex = -1 };
                Expect.Error(ErrorCode.InvalidRequest, Assert.Single((await run.AskAsync(request)).Topics).ErrorCode);
            }
        },
        {
            "a topic with all its partitions", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync(partitionCount: 3);
                var answer = await run.AskAsync(Ask(topic.Name));
                var described = Assert.Single(answer.Topics);

                Expect.NoError(described.ErrorCode);
                Assert.Equal((topic.Name, topic.Id, AllOperations.OnTopic), (described.Name, described.TopicId, described.TopicAuthorizedOperations));
                Assert.Equal([0, 1, 2], described.Partitions.Select(static p => p.PartitionIndex));
                Assert.All(described.Partitions, static p => Assert.Contains(p.LeaderId, p.IsrNodes));
                Assert.Null(answer.NextCursor);
            }
        },
        {
            "no topics ask for all of them", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                var request = new DescribeTopicPartitionsRequest { CursorValue = new() { TopicName = topic.Name, PartitionIndex = 0 } };
                var names = (await run.AskAsync(request)).Topics.Select(static t => t.Name!).ToList();
                Assert.Equal(topic.Name, names[0]);
                Assert.Equal(names.Order(StringComparer.Ordinal), names);
            }
        },
        {
            "a limit is kept, and a cursor goes on where it ended", Versions.All, async run =>
            {
                var topics = new[] { await run.CreateTopicAsync(partitionCount: 3), await run.CreateTopicAsync(partitionCount: 3) }
                    .OrderBy(static t => t.Name, StringComparer.Ordinal).ToList();
                var request = Ask(topics[0].Name, topics[1].Name);
                request.ResponsePartitionLimit = 2;
                var seen = new List<(string, int)>();
                for (var round = 0; round < 3; round++)
                {
                    var answer = await run.AskAsync(request);
                    var partitions = answer.Topics.SelectMany(static t => t.Partitions.Select(p => (t.Name!, p.PartitionIndex))).ToList();
                    Assert.Equal(2, partitions.Count);
                    seen.AddRange(partitions);
                    request.CursorValue = answer.NextCursor is { } next
                        ? new() { TopicName = next.TopicName, PartitionIndex = next.PartitionIndex }
                        : null;
                }

                Assert.Null(request.CursorValue);
                Assert.Equal(topics.SelectMany(static t => Enumerable.Range(0, 3).Select(p => (t.Name, p))), seen);
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task DescribeTopicPartitions_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static DescribeTopicPartitionsRequest Ask(params string[] names) => new()
    {
        Topics = [.. names.Select(static name => new DescribeTopicPartitionsRequest.TopicRequest { Name = name })],
    };
}
