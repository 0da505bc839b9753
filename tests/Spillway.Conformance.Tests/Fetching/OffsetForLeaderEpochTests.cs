using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Fetching;

/// <summary>OffsetForLeaderEpoch: KIP-320. Logs here have one leader epoch, 0, and are never cut back.</summary>
public sealed class OffsetForLeaderEpochTests(BrokerFixture broker)
{
    private static readonly ApiCases<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse> Table = new()
    {
        {
            "an unknown topic is UNKNOWN_TOPIC_OR_PARTITION", Versions.All, async run =>
                ExpectNothing(One(await run.AskAsync(Ask(CaseRun.NewName(), 0))), ErrorCode.UnknownTopicOrPartition)
        },
        {
            "an unknown partition is UNKNOWN_TOPIC_OR_PARTITION", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                ExpectNothing(One(await run.AskAsync(Ask(topic.Name, 0, partition: 5))), ErrorCode.UnknownTopicOrPartition);
            }
        },
        {
            // Not as KIP-320 has it: LeaderEpochs says why.
            "a current epoch of another cluster is answered all the same", Versions.All, async run =>
            {
                var request = Ask((await run.CreateTopicAsync()).Name, 0);
                request.Topics[0].Partitions[0].CurrentLeaderEpoch = 1000;
                var answer = One(await run.AskAsync(request));

                Expect.NoError(answer.ErrorCode);
                Assert.Equal((0, 0), (answer.LeaderEpoch, answer.EndOffset));
            }
        },
        {
            // KIP-320: the position of who asks so is another log's, and it looks for a new one.
            "an epoch that there never was has no end", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                await run.ProduceAsync(topic, Batch.Of(3));
                ExpectNothing(One(await run.AskAsync(Ask(topic.Name, 1))), ErrorCode.None);
                ExpectNothing(One(await run.AskAsync(Ask(topic.Name, -1))), ErrorCode.None);
            }
        },
        {
            "no topics get no answers", Versions.All, new OffsetForLeaderEpochRequest { ReplicaId = -1 },
            static answer => Assert.Empty(answer.Topics)
        },
        {
            "the epoch ends where the log does", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                await run.ProduceAsync(topic, Batch.Of(3));
                var answer = One(await run.AskAsync(Ask(topic.Name, 0)));

                Expect.NoError(answer.ErrorCode);
                Assert.Equal((0, 3), (answer.LeaderEpoch, answer.EndOffset));
            }
        },
        {
            "good and bad partitions are answered side by side", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync(partitionCount: 2);
                var request = Ask(topic.Name, 0);
                request.Topics[0].Partitions.Add(new() { Partition = 9, LeaderEpoch = 0 });
                request.Topics[0].Partitions.Add(new() { Partition = 1, LeaderEpoch = 0 });
                var partitions = Assert.Single((await run.AskAsync(request)).Topics).Partitions;

                Assert.Equal([0, 9, 1], partitions.Select(static p => p.Partition));
                Assert.Equal(
                    [ErrorCode.None, ErrorCode.UnknownTopicOrPartition, ErrorCode.None], partitions.Select(static p => (ErrorCode)p.ErrorCode));
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task OffsetForLeaderEpoch_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static OffsetForLeaderEpochRequest Ask(string topic, int leaderEpoch, int partition = 0) => new()
    {
        ReplicaId = -1,
        Topics = { new() { Topic = topic, Partitions = { new() { Partition = partition, LeaderEpoch = leaderEpoch } } } },
    };

    private static OffsetForLeaderEpochResponse.EpochEndOffset One(OffsetForLeaderEpochResponse answer) =>
        Assert.Single(Assert.Single(answer.Topics).Partitions);

    private static void ExpectNothing(OffsetForLeaderEpochResponse.EpochEndOffset answer, ErrorCode error)
    {
        Expect.Error(error, answer.ErrorCode);
        Assert.Equal((-1, -1), (answer.LeaderEpoch, answer.EndOffset));
    }
}
