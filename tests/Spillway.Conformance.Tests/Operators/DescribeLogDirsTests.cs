using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Operators;

/// <summary>DescribeLogDirs: KIP-113, an error for all (v3), bytes of the volume (KIP-827, v4).</summary>
public sealed class DescribeLogDirsTests(BrokerFixture broker)
{
    private static readonly ApiCases<DescribeLogDirsRequest, DescribeLogDirsResponse> Table = new()
    {
        {
            "a topic that there is not is not told of", Versions.All, async run =>
            {
                var request = new DescribeLogDirsRequest { Topics = [new() { Topic = CaseRun.NewName(), Partitions = { 0 } }] };
                Assert.Empty((await run.AskAsync(request)).Results.SelectMany(static r => r.Topics));
            }
        },
        {
            "a partition that there is not is not told of", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                var request = new DescribeLogDirsRequest { Topics = [new() { Topic = topic.Name, Partitions = { 8 } }] };
                Assert.Empty((await run.AskAsync(request)).Results.SelectMany(static r => r.Topics));
            }
        },
        {
            "partitions that are asked for, with their bytes", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync(partitionCount: 3);
                var batch = Batch.Of(10, valueBytes: 100);
                await run.ProduceAsync(topic, batch, partition: 1);
                var request = new DescribeLogDirsRequest { Topics = [new() { Topic = topic.Name, Partitions = { 0, 1 } }] };
                var dir = Assert.Single((await run.AskAsync(request)).Results);

                Expect.NoError(dir.ErrorCode);
                Assert.StartsWith("/", dir.LogDir, StringComparison.Ordinal);
                var partitions = Assert.Single(dir.Topics).Partitions.OrderBy(static p => p.PartitionIndex).ToList();
                Assert.Equal([(0, 0), (1, batch.Length)], partitions.Select(static p => (p.PartitionIndex, p.PartitionSize)));
                Assert.All(partitions, static p => Assert.Equal((0, false), (p.OffsetLag, p.IsFutureKey)));
            }
        },
        {
            "null asks for all partitions", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync(partitionCount: 2);
                var answer = await run.AskAsync(new DescribeLogDirsRequest { Topics = null });
                Expect.NoError(answer.ErrorCode);
                Assert.Equal(2, answer.Results[0].Topics.Single(t => t.Name == topic.Name).Partitions.Count);
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task DescribeLogDirs_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);
}
