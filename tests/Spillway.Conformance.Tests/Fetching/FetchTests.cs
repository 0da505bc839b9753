using System.Buffers;
using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Compression;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Records;
using Xunit;

namespace Spillway.Conformance.Tests.Fetching;

/// <summary>Fetch: ranges, limits, waiting, what batches look like (KIP-98, KIP-32), topic ids (KIP-516, v13), leader epochs (KIP-320).</summary>
public sealed class FetchTests(BrokerFixture broker)
{
    private static readonly ApiCases<FetchRequest, FetchResponse> Table = new()
    {
        {
            "an unknown topic", Versions.All, async run =>
            {
                var topic = new TestTopic(CaseRun.NewName(), Guid.NewGuid());
                var answer = One(await run.AskAsync(FetchRequests.From(topic, 0)));

                Expect.Error(run.Version >= 13 ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition, answer.ErrorCode);
                Assert.Equal(-1, answer.HighWatermark);
                Assert.Equal(0, answer.Records?.Length ?? 0);
            }
        },
        {
            "an unknown partition is UNKNOWN_TOPIC_OR_PARTITION", Versions.All, async run =>
            {
                var request = FetchRequests.From(await run.CreateTopicAsync(), 0, partition: 5);
                Expect.Error(ErrorCode.UnknownTopicOrPartition, One(await run.AskAsync(request)).ErrorCode);
            }
        },
        {
            "an offset behind the end is OFFSET_OUT_OF_RANGE at once", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                await run.ProduceAsync(topic, Batch.Of(3));
                var request = FetchRequests.From(topic, 4);
                (request.MaxWaitMs, request.MinBytes) = (60_000, 1);

                Expect.Error(ErrorCode.OffsetOutOfRange, One(await run.AskAsync(request)).ErrorCode);
            }
        },
        {
            "an offset before the log's start is OFFSET_OUT_OF_RANGE", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                await run.ProduceAsync(topic, Batch.Of(3));
                await run.DeleteRecordsAsync(topic, beforeOffset: 2);

                Expect.Error(ErrorCode.OffsetOutOfRange, One(await run.AskAsync(FetchRequests.From(topic, 1))).ErrorCode);
            }
        },
        {
            "a negative offset is OFFSET_OUT_OF_RANGE", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                Expect.Error(ErrorCode.OffsetOutOfRange, One(await run.AskAsync(FetchRequests.From(topic, -1))).ErrorCode);
            }
        },
        {
            // Not as KIP-320 has it: LeaderEpochs says why.
            "a leader epoch of another cluster is answered all the same", Versions.Since(9), async run =>
            {
                var request = FetchRequests.From(await run.CreateTopicAsync(), 0);
                request.Topics[0].Partitions[0].CurrentLeaderEpoch = 1000;
                Expect.NoError(One(await run.AskAsync(request)).ErrorCode);
            }
        },
        {
            "one bad partition leaves the other alone", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                await run.ProduceAsync(topic, Batch.Of(3));
                var request = FetchRequests.From(topic, 0);
                request.Topics[0].Partitions.Insert(0, new() { Partition = 7, FetchOffset = 0, PartitionMaxBytes = 1000 });
                var partitions = Assert.Single((await run.AskAsync(request)).Responses).Partitions;

                Expect.Error(ErrorCode.UnknownTopicOrPartition, partitions.Single(static p => p.PartitionIndex == 7).ErrorCode);
                Assert.Equal(3, FetchRequests.CountRecords(partitions.Single(static p => p.PartitionIndex == 0)));
            }
        },
        {
            "an empty log has nothing and says where it ends", Versions.All, async run =>
            {
                var answer = One(await run.AskAsync(FetchRequests.From(await run.CreateTopicAsync(), 0)));

                Expect.NoError(answer.ErrorCode);
                Assert.Equal((0, 0), (answer.HighWatermark, answer.LastStableOffset));
                Assert.Equal(run.Version >= 5 ? 0 : -1, answer.LogStartOffset);
                Assert.Equal(0, answer.Records?.Length ?? 0);
            }
        },
        {
            "batches come as they were sent, with offset and leader epoch", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                var sent = Batch.Of(4, CompressionType.Gzip);
                await run.ProduceAsync(topic, Batch.Of(2));
                await run.ProduceAsync(topic, sent);
                var answer = One(await run.AskAsync(FetchRequests.From(topic, 2)));

                Assert.Equal((6, 6), (answer.HighWatermark, answer.LastStableOffset));
                var fetched = answer.Records!.Value.ToArray();
                var header = FetchRequests.Headers(answer).Single();
                Assert.Equal((2, 0, 4), (header.BaseOffset, header.PartitionLeaderEpoch, header.RecordCount));
                Assert.True(RecordBatchBytes.CrcIsValid(fetched));
                Assert.Equal(sent[RecordBatchLayout.AttributesPosition..], fetched[RecordBatchLayout.AttributesPosition..]);
            }
        },
        {
            // KIP-320: consumers commit the epoch that they find in a batch, so it has to be the log's and not what a producer put there.
            "the leader epoch of a batch is the broker's, whatever the producer said", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                await run.ProduceAsync(topic, Batch.Change(Batch.Of(1), static header => header with { PartitionLeaderEpoch = 7 }));

                Assert.Equal(0, FetchRequests.Headers(One(await run.AskAsync(FetchRequests.From(topic, 0)))).Single().PartitionLeaderEpoch);
            }
        },
        {
            // Brokers do not cut batches: the consumer skips what lies before its offset.
            "an offset inside a batch gets the whole batch", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                await run.ProduceAsync(topic, Batch.Of(5));
                var header = FetchRequests.Headers(One(await run.AskAsync(FetchRequests.From(topic, 3)))).Single();

                Assert.Equal((0, 5), (header.BaseOffset, header.RecordCount));
            }
        },
        {
            // KIP-74: the first batch comes whole whatever the limit, or a consumer would stand still.
            "a batch larger than the limits comes all the same, alone", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                await run.ProduceAsync(topic, Batch.Of(1, valueBytes: 5000));
                await run.ProduceAsync(topic, Batch.Of(1, valueBytes: 5000));
                var request = FetchRequests.From(topic, 0);
                (request.MaxBytes, request.Topics[0].Partitions[0].PartitionMaxBytes) = (100, 100);

                Assert.Equal(1, FetchRequests.CountRecords(One(await run.AskAsync(request))));
            }
        },
        {
            "the limit of a partition is kept", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                for (var i = 0; i < 5; i++)
                {
                    await run.ProduceAsync(topic, Batch.Of(1, valueBytes: 1000));
                }

                var request = FetchRequests.From(topic, 0);
                request.Topics[0].Partitions[0].PartitionMaxBytes = 2500;
                Assert.InRange(One(await run.AskAsync(request)).Records!.Value.Length, 1000, 2500);
            }
        },
        {
            "a fetch waits for records until its time is over", Versions.All, async run =>
            {
                var request = FetchRequests.From(await run.CreateTopicAsync(), 0);
                (request.MaxWaitMs, request.MinBytes) = (150, 1);
                var began = TimeProvider.System.GetTimestamp();
                var answer = One(await run.AskAsync(request));

                Expect.NoError(answer.ErrorCode);
                Assert.InRange(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds, 140, 60_000);
            }
        },
        {
            "a fetch that waits is woken by a produce", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                var request = FetchRequests.From(topic, 0);
                (request.MaxWaitMs, request.MinBytes) = (60_000, 1);
                var waiting = run.AskAsync(await run.OpenAsync(), request);
                await run.ProduceAsync(topic, Batch.Of(2));

                Assert.Equal(2, FetchRequests.CountRecords(One(await waiting)));
            }
        },
        {
            // KIP-98: only with READ_COMMITTED is there a list, which may be empty.
            "aborted transactions are told to READ_COMMITTED alone", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                await run.ProduceAsync(topic, Batch.Of(1));
                Assert.Null(One(await run.AskAsync(FetchRequests.From(topic, 0))).AbortedTransactions);

                var request = FetchRequests.From(topic, 0);
                request.IsolationLevel = 1;
                var answer = One(await run.AskAsync(request));
                Assert.Empty(answer.AbortedTransactions!);
                Assert.Equal(1, FetchRequests.CountRecords(answer));
            }
        },
        {
            // KIP-32: the batch says whose time it has, and its greatest time is that of the append.
            "a topic that stamps shows it in the batch", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync(1, ("message.timestamp.type", "LogAppendTime"));
                var began = Batch.NowMs;
                await run.ProduceAsync(topic, Batch.At(1000, 2000));
                var answer = One(await run.AskAsync(FetchRequests.From(topic, 0)));
                var header = FetchRequests.Headers(answer).Single();

                Assert.Equal(TimestampType.LogAppendTime, header.TimestampType);
                Assert.InRange(header.MaxTimestamp, began, Batch.NowMs);
                Assert.True(RecordBatchBytes.CrcIsValid(answer.Records!.Value.ToArray()));
            }
        },
        {
            "no replica is preferred where the leader is near", Versions.Since(11), async run =>
            {
                var request = FetchRequests.From(await run.CreateTopicAsync(), 0);
                request.RackId = "somewhere";
                Assert.Equal(-1, One(await run.AskAsync(request)).PreferredReadReplica);
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Fetch_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static FetchResponse.PartitionData One(FetchResponse answer)
    {
        Expect.NoError(answer.ErrorCode);
        return Assert.Single(Assert.Single(answer.Responses).Partitions);
    }
}
