using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Compression;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Fetching;

/// <summary>
/// ListOffsets: by time (KIP-79), the greatest time (KIP-734, v7), what is local and what is tiered (KIP-405, KIP-1005, v8 and v9),
/// leader epochs (KIP-320, v4), what is still to be tiered (KIP-1023, v11).
/// </summary>
public sealed class ListOffsetsTests(BrokerFixture broker)
{
    private const long Latest = -1;
    private const long Earliest = -2;
    private const long MaxTimestamp = -3;
    private const long EarliestLocal = -4;
    private const long LatestTiered = -5;
    private const long EarliestPendingUpload = -6;

    private static readonly ApiCases<ListOffsetsRequest, ListOffsetsResponse> Table = new()
    {
        {
            "an unknown topic is UNKNOWN_TOPIC_OR_PARTITION", Versions.All, async run =>
                ExpectNothing(One(await run.AskAsync(Ask(CaseRun.NewName(), Latest))), ErrorCode.UnknownTopicOrPartition)
        },
        {
            "an unknown partition is UNKNOWN_TOPIC_OR_PARTITION", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                ExpectNothing(One(await run.AskAsync(Ask(topic.Name, Latest, partition: 5))), ErrorCode.UnknownTopicOrPartition);
            }
        },
        {
            "a partition that is named twice is INVALID_REQUEST", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                var request = Ask(topic.Name, Latest);
                request.Topics[0].Partitions.Add(new() { PartitionIndex = 0, Timestamp = Earliest });
                var answer = await run.AskAsync(request);

                Assert.All(answer.Topics.SelectMany(static t => t.Partitions), static p => ExpectNothing(p, ErrorCode.InvalidRequest));
            }
        },
        { "the greatest time before v7 is UNSUPPORTED_VERSION", Versions.Until(6), run => ExpectUnsupportedAsync(run, MaxTimestamp) },
        { "the earliest local offset before v8 is UNSUPPORTED_VERSION", Versions.Until(7), run => ExpectUnsupportedAsync(run, EarliestLocal) },
        { "the latest tiered offset before v9 is UNSUPPORTED_VERSION", Versions.Until(8), run => ExpectUnsupportedAsync(run, LatestTiered) },
        { "the earliest pending upload before v11 is UNSUPPORTED_VERSION", Versions.Until(10), run => ExpectUnsupportedAsync(run, EarliestPendingUpload) },
        { "a special time that is none is UNSUPPORTED_VERSION", Versions.All, run => ExpectUnsupportedAsync(run, -7) },
        {
            // Not as KIP-320 has it: LeaderEpochs says why.
            "a leader epoch of another cluster is answered all the same", Versions.Since(4), async run =>
            {
                var request = Ask((await run.CreateTopicAsync()).Name, Latest);
                request.Topics[0].Partitions[0].CurrentLeaderEpoch = 1000;

                Expect.NoError(One(await run.AskAsync(request)).ErrorCode);
            }
        },
        {
            "the leader epoch of Metadata is the current one", Versions.Since(4), async run =>
            {
                var topic = await run.CreateTopicAsync();
                var metadata = await run.AskAsync<MetadataResponse>(new MetadataRequest { Topics = [new() { Name = topic.Name }] }, 9);
                var request = Ask(topic.Name, Latest);
                request.Topics[0].Partitions[0].CurrentLeaderEpoch = metadata.Topics[0].Partitions[0].LeaderEpoch;

                Expect.NoError(One(await run.AskAsync(request)).ErrorCode);
            }
        },
        { "no topics get no answers", Versions.All, new ListOffsetsRequest { ReplicaId = -1 }, static answer => Assert.Empty(answer.Topics) },
        {
            "an empty log begins and ends at 0", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                await ExpectAsync(run, topic, Earliest, 0, -1);
                await ExpectAsync(run, topic, Latest, 0, -1);
            }
        },
        {
            "an empty log has no record at any time", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                await ExpectAsync(run, topic, 0, -1, -1);
                await ExpectAsync(run, topic, long.MaxValue, -1, -1);
            }
        },
        {
            "an empty log has no greatest time", Versions.Since(7), async run =>
                await ExpectAsync(run, await run.CreateTopicAsync(), MaxTimestamp, -1, -1)
        },
        {
            "earliest and latest are the log's ends, without a time", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                await run.ProduceAsync(topic, Batch.Of(5));
                await ExpectAsync(run, topic, Earliest, 0, -1);
                await ExpectAsync(run, topic, Latest, 5, -1);
            }
        },
        {
            // KIP-98: without transactions the last stable offset is the high watermark.
            "latest is the same for READ_COMMITTED where no transaction is open", Versions.Since(2), async run =>
            {
                var topic = await run.CreateTopicAsync();
                await run.ProduceAsync(topic, Batch.Of(5));
                var request = Ask(topic.Name, Latest);
                request.IsolationLevel = 1;

                Assert.Equal(5, One(await run.AskAsync(request)).Offset);
            }
        },
        {
            "earliest follows DeleteRecords", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                await run.ProduceAsync(topic, Batch.At(1000, 2000, 3000));
                await run.DeleteRecordsAsync(topic, beforeOffset: 2);

                await ExpectAsync(run, topic, Earliest, 2, -1);
                await ExpectAsync(run, topic, 0, 2, 3000);
            }
        },
        { "by time, the first record at or after it", Versions.All, run => ExpectTimesAsync(run, CompressionType.None) },
        { "by time, inside a gzip batch", Versions.All, run => ExpectTimesAsync(run, CompressionType.Gzip) },
        { "by time, inside a snappy batch", Versions.All, run => ExpectTimesAsync(run, CompressionType.Snappy) },
        { "by time, inside an lz4 batch", Versions.All, run => ExpectTimesAsync(run, CompressionType.Lz4) },
        { "by time, inside a zstd batch", Versions.Since(7), run => ExpectTimesAsync(run, CompressionType.Zstd) },
        {
            // Times need not rise: the first record in the order of offsets is meant, not the nearest in time.
            "by time, the lowest offset where times go back", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                await run.ProduceAsync(topic, Batch.At(5000, 1000));
                await run.ProduceAsync(topic, Batch.At(3000, 2000));

                await ExpectAsync(run, topic, 2500, 0, 5000);
            }
        },
        {
            "by time, where the topic stamps, the time of the append", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync(1, ("message.timestamp.type", "LogAppendTime"));
                var began = Batch.NowMs;
                await run.ProduceAsync(topic, Batch.At(1000, 2000));

                var answer = One(await run.AskAsync(Ask(topic.Name, began)));
                Assert.Equal(0, answer.Offset);
                Assert.InRange(answer.Timestamp, began, Batch.NowMs);
            }
        },
        {
            "the record with the greatest time", Versions.Since(7), async run =>
            {
                var topic = await run.CreateTopicAsync();
                await run.ProduceAsync(topic, Batch.At(1000, 9000, 2000));
                await run.ProduceAsync(topic, Batch.At(8000));

                await ExpectAsync(run, topic, MaxTimestamp, 1, 9000);
            }
        },
        {
            "of records with the greatest time the first", Versions.Since(7), async run =>
            {
                var topic = await run.CreateTopicAsync();
                await run.ProduceAsync(topic, Batch.At(CompressionType.Gzip, 1000, 9000, 9000));
                await run.ProduceAsync(topic, Batch.At(9000));

                await ExpectAsync(run, topic, MaxTimestamp, 1, 9000);
            }
        },
        {
            // Nothing of these topics is in the object store yet, or all of it: what is local begins in the log.
            "the earliest local offset lies in the log", Versions.Since(8), async run =>
            {
                var topic = await run.CreateTopicAsync();
                await run.ProduceAsync(topic, Batch.Of(4));
                var answer = One(await run.AskAsync(Ask(topic.Name, EarliestLocal)));

                Expect.NoError(answer.ErrorCode);
                Assert.InRange(answer.Offset, 0, 4);
            }
        },
        {
            "nothing tiered is -1", Versions.Since(9), async run =>
                await ExpectAsync(run, await run.CreateTopicAsync(), LatestTiered, -1, -1)
        },
        {
            "the earliest pending upload is not refused", Versions.Since(11), async run =>
            {
                var topic = await run.CreateTopicAsync();
                await run.ProduceAsync(topic, Batch.Of(4));
                var answer = One(await run.AskAsync(Ask(topic.Name, EarliestPendingUpload)));

                Expect.NoError(answer.ErrorCode);
                Assert.InRange(answer.Offset, -1, 3);
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task ListOffsets_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static ListOffsetsRequest Ask(string topic, long timestamp, int partition = 0) => new()
    {
        ReplicaId = -1,
        Topics = { new() { Name = topic, Partitions = { new() { PartitionIndex = partition, Timestamp = timestamp } } } },
    };

    private static ListOffsetsResponse.ListOffsetsPartitionResponse One(ListOffsetsResponse answer) =>
        Assert.Single(Assert.Single(answer.Topics).Partitions);

    private static void ExpectNothing(ListOffsetsResponse.ListOffsetsPartitionResponse answer, ErrorCode error)
    {
        Expect.Error(error, answer.ErrorCode);
        Assert.Equal((-1, -1, -1), (answer.Offset, answer.Timestamp, answer.LeaderEpoch));
    }

    private static async Task ExpectUnsupportedAsync(CaseRun<ListOffsetsRequest, ListOffsetsResponse> run, long timestamp)
    {
        var topic = await run.CreateTopicAsync();
        ExpectNothing(One(await run.AskAsync(Ask(topic.Name, timestamp))), ErrorCode.UnsupportedVersion);
    }

    private static async Task ExpectAsync(
        CaseRun<ListOffsetsRequest, ListOffsetsResponse> run, TestTopic topic, long timestamp, long offset, long foundTimestamp)
    {
        var answer = One(await run.AskAsync(Ask(topic.Name, timestamp)));

        Expect.NoError(answer.ErrorCode);
        Assert.Equal((offset, foundTimestamp), (answer.Offset, answer.Timestamp));
        Assert.Equal(run.Version >= 4 && offset >= 0 ? 0 : -1, answer.LeaderEpoch);
    }

    private static async Task ExpectTimesAsync(CaseRun<ListOffsetsRequest, ListOffsetsResponse> run, CompressionType compression)
    {
        var topic = await run.CreateTopicAsync();
        await run.ProduceAsync(topic, Batch.At(compression, 1000, 2000, 3000));
        await run.ProduceAsync(topic, Batch.At(compression, 4000, 5000));

        await ExpectAsync(run, topic, 0, 0, 1000);
        await ExpectAsync(run, topic, 2000, 1, 2000);
        await ExpectAsync(run, topic, 2001, 2, 3000);
        await ExpectAsync(run, topic, 3001, 3, 4000);
        await ExpectAsync(run, topic, 5000, 4, 5000);
        await ExpectAsync(run, topic, 5001, -1, -1);
    }
}
