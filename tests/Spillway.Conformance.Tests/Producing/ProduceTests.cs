using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Compression;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Records;
using Xunit;

namespace Spillway.Conformance.Tests.Producing;

/// <summary>Produce: acks, bad batches, limits, timestamps (KIP-32, KIP-937), compacted topics, codecs (KIP-110), ids (KIP-516, v13).</summary>
public sealed class ProduceTests(BrokerFixture broker)
{
    private static readonly ApiCases<ProduceRequest, ProduceResponse> Table = new()
    {
        {
            "an unknown topic", Versions.All, async run =>
                await ExpectRefusedAsync(run, NoTopic(), Batch.Of(1), run.Version >= 13 ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition)
        },
        {
            "an unknown partition is UNKNOWN_TOPIC_OR_PARTITION", Versions.All, async run =>
            {
                var request = ProduceRequests.To(await run.CreateTopicAsync(), Batch.Of(1), partition: 7);
                Expect.Error(ErrorCode.UnknownTopicOrPartition, One(await run.AskAsync(request)).ErrorCode);
            }
        },
        {
            "a negative partition is UNKNOWN_TOPIC_OR_PARTITION", Versions.All, async run =>
            {
                var request = ProduceRequests.To(await run.CreateTopicAsync(), Batch.Of(1), partition: -1);
                Expect.Error(ErrorCode.UnknownTopicOrPartition, One(await run.AskAsync(request)).ErrorCode);
            }
        },
        {
            "acks of 2 are INVALID_REQUIRED_ACKS", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                Expect.Error(ErrorCode.InvalidRequiredAcks, One(await run.AskAsync(ProduceRequests.To(topic, Batch.Of(1), acks: 2))).ErrorCode);
                Assert.Equal(0, await run.ProduceAsync(topic, Batch.Of(1)));
            }
        },
        {
            // KIP-467: INVALID_RECORD is a code of v8; before it a client would not know it.
            "no batch at all is INVALID_RECORD", Versions.All, async run =>
                await ExpectRefusedAsync(run, await run.CreateTopicAsync(), [], InvalidRecord(run.Version))
        },
        {
            "two batches for one partition are INVALID_RECORD", Versions.All, async run =>
                await ExpectRefusedAsync(run, await run.CreateTopicAsync(), [.. Batch.Of(1), .. Batch.Of(1)], InvalidRecord(run.Version))
        },
        {
            "a batch that is cut short is INVALID_RECORD", Versions.All, async run =>
                await ExpectRefusedAsync(run, await run.CreateTopicAsync(), Batch.Of(1)[..^3], InvalidRecord(run.Version))
        },
        {
            "a wrong CRC is CORRUPT_MESSAGE", Versions.All, async run =>
            {
                var batch = Batch.Of(1);
                batch[^1] ^= 1;
                await ExpectRefusedAsync(run, await run.CreateTopicAsync(), batch, ErrorCode.CorruptMessage);
            }
        },
        {
            // KIP-896: record formats before 2 have gone.
            "a batch of magic 1 is INVALID_RECORD", Versions.All, async run =>
            {
                var batch = Batch.Change(Batch.Of(1), static header => header with { Magic = 1 });
                await ExpectRefusedAsync(run, await run.CreateTopicAsync(), batch, InvalidRecord(run.Version));
            }
        },
        {
            "a control batch of a client is INVALID_RECORD", Versions.All, async run =>
            {
                var batch = Batch.Change(Batch.Of(1), static header => header with { Attributes = 1 << 5 });
                await ExpectRefusedAsync(run, await run.CreateTopicAsync(), batch, InvalidRecord(run.Version));
            }
        },
        {
            "a record count that is not the offsets' is INVALID_RECORD", Versions.All, async run =>
            {
                var batch = Batch.Change(Batch.Of(2), static header => header with { RecordCount = 3 });
                await ExpectRefusedAsync(run, await run.CreateTopicAsync(), batch, InvalidRecord(run.Version));
            }
        },
        {
            "records that do not decompress are refused", Versions.All, async run =>
            {
                // A compacted topic has to look at keys, so the batch is opened there.
                var topic = await run.CreateTopicAsync(1, ("cleanup.policy", "compact"));
                var batch = Batch.Change(Batch.Of(20, CompressionType.Gzip), static header => header);
                batch.AsSpan(RecordBatchLayout.HeaderBytes + 12, 8).Fill(0xFF);
                var answer = One(await run.AskAsync(ProduceRequests.To(topic, Batch.Change(batch, static header => header))));
                Assert.NotEqual(0, answer.ErrorCode);
            }
        },
        {
            "an unknown codec is refused", Versions.All, async run =>
            {
                var batch = Batch.Change(Batch.Of(1), static header => header with { Attributes = 7 });
                var answer = One(await run.AskAsync(ProduceRequests.To(await run.CreateTopicAsync(), batch)));
                Assert.NotEqual(0, answer.ErrorCode);
            }
        },
        {
            // KIP-110: consumers of that time could not read it.
            "zstd before v7 is UNSUPPORTED_COMPRESSION_TYPE", Versions.Until(6), async run =>
                await ExpectRefusedAsync(
                    run, await run.CreateTopicAsync(), Batch.Of(5, CompressionType.Zstd), ErrorCode.UnsupportedCompressionType)
        },
        {
            "a batch over max.message.bytes is MESSAGE_TOO_LARGE", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync(1, ("max.message.bytes", "1000"));
                await ExpectRefusedAsync(run, topic, Batch.Of(1, valueBytes: 1000), ErrorCode.MessageTooLarge);
            }
        },
        {
            "a record without a key on a compacted topic is INVALID_RECORD", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync(1, ("cleanup.policy", "compact"));
                await ExpectRefusedAsync(run, topic, Batch.WithKeys("a", null), InvalidRecord(run.Version));
                Assert.Equal(0, await run.ProduceAsync(topic, Batch.WithKeys("a", "b")));
            }
        },
        {
            // KIP-467: the records that are at fault, by their place in the batch.
            "records without a key are named", Versions.Since(8), async run =>
            {
                var topic = await run.CreateTopicAsync(1, ("cleanup.policy", "compact"));
                var answer = One(await run.AskAsync(ProduceRequests.To(topic, Batch.WithKeys("a", null, "c", null))));

                Assert.Equal([1, 3], answer.RecordErrors.Select(static e => e.BatchIndex));
                Assert.False(string.IsNullOrEmpty(answer.ErrorMessage));
            }
        },
        {
            // KIP-937: message.timestamp.after.max.ms is an hour where it is not set.
            "a time two hours ahead is INVALID_TIMESTAMP", Versions.All, async run =>
                await ExpectRefusedAsync(run, await run.CreateTopicAsync(), Batch.At(Batch.NowMs + 7_200_000), ErrorCode.InvalidTimestamp)
        },
        {
            "a time before message.timestamp.before.max.ms is INVALID_TIMESTAMP", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync(1, ("message.timestamp.before.max.ms", "1000"));
                await ExpectRefusedAsync(run, topic, Batch.At(Batch.NowMs, Batch.NowMs - 60_000), ErrorCode.InvalidTimestamp);
            }
        },
        {
            // KIP-467, as for keys.
            "records whose time is out of bounds are named", Versions.Since(8), async run =>
            {
                var topic = await run.CreateTopicAsync();
                var batch = Batch.At(Batch.NowMs, Batch.NowMs + 7_200_000);

                Assert.Equal([1], One(await run.AskAsync(ProduceRequests.To(topic, batch))).RecordErrors.Select(static e => e.BatchIndex));
            }
        },
        {
            // KIP-32: that type is the broker's to set.
            "a batch that claims log append time is INVALID_TIMESTAMP", Versions.All, async run =>
            {
                var batch = Batch.Change(Batch.Of(1), static header => header with { Attributes = 1 << 3 });
                await ExpectRefusedAsync(run, await run.CreateTopicAsync(), batch, ErrorCode.InvalidTimestamp);
            }
        },
        {
            "what is refused leaves the other partitions alone", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync(partitionCount: 2);
                var request = ProduceRequests.To(topic, Batch.Of(1)[..^3], partition: 0);
                request.TopicData[0].PartitionData.Add(new() { Index = 1, Records = new(Batch.Of(2)) });
                var answer = await run.AskAsync(request);

                var partitions = Assert.Single(answer.Responses).PartitionResponses;
                Assert.Equal([0, 1], partitions.Select(static p => p.Index));
                Expect.Error(InvalidRecord(run.Version), partitions[0].ErrorCode);
                Expect.NoError(partitions[1].ErrorCode);
            }
        },
        { "no topics get no answers", Versions.All, new ProduceRequest { Acks = -1, TimeoutMs = 1000 }, static answer => Assert.Empty(answer.Responses) },
        {
            "offsets begin at 0 and go on", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                for (var i = 0; i < 3; i++)
                {
                    var answer = One(await run.AskAsync(ProduceRequests.To(topic, Batch.Of(2))));

                    Expect.NoError(answer.ErrorCode);
                    Assert.Equal(2 * i, answer.BaseOffset);
                    Assert.Equal(-1, answer.LogAppendTimeMs);
                    Assert.Equal(run.Version >= 5 ? 0 : -1, answer.LogStartOffset);
                    Assert.Empty(answer.RecordErrors);
                }
            }
        },
        {
            "acks of 1 are answered when it is durable", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                Assert.Equal(0, One(await run.AskAsync(ProduceRequests.To(topic, Batch.Of(1), acks: 1))).BaseOffset);
                Assert.Equal(1, await run.ProduceAsync(topic, Batch.Of(1)));
            }
        },
        {
            // Nothing answers it: what comes next on the connection is the next request's answer, which sees it.
            "acks of 0 are not answered", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                await run.Wire.SendAsync(run.Wire.Frame(ProduceRequests.To(topic, Batch.Of(1), acks: 0), run.Version));

                Assert.Equal(1, await run.ProduceAsync(topic, Batch.Of(1)));
            }
        },
        {
            // A client that waits for no answers learns of trouble by the connection alone.
            "acks of 0 for an unknown topic close the connection", Versions.All, async run =>
            {
                await run.Wire.SendAsync(run.Wire.Frame(ProduceRequests.To(NoTopic(), Batch.Of(1), acks: 0), run.Version));

                Assert.Null(await run.Wire.ReceiveAsync());
            }
        },
        {
            "a topic that stamps tells the time", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync(1, ("message.timestamp.type", "LogAppendTime"));
                var began = Batch.NowMs;
                var answer = One(await run.AskAsync(ProduceRequests.To(topic, Batch.At(1_000))));

                Expect.NoError(answer.ErrorCode);
                Assert.InRange(answer.LogAppendTimeMs, began, Batch.NowMs);
            }
        },
        { "what gzip did not compress is INVALID_RECORD", Versions.All, run => ExpectGarbageRefusedAsync(run, CompressionType.Gzip) },
        { "what snappy did not compress is INVALID_RECORD", Versions.All, run => ExpectGarbageRefusedAsync(run, CompressionType.Snappy) },
        { "what lz4 did not compress is INVALID_RECORD", Versions.All, run => ExpectGarbageRefusedAsync(run, CompressionType.Lz4) },
        { "what zstd did not compress is INVALID_RECORD", Versions.Since(7), run => ExpectGarbageRefusedAsync(run, CompressionType.Zstd) },
        {
            // Kafka's brokers gather the partitions of a request by name.
            "of a partition that is named twice the last counts, and is answered", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync(partitionCount: 2);
                var request = ProduceRequests.To(topic, Batch.Of(7));
                request.TopicData[0].PartitionData.Add(new() { Index = 1, Records = new(Batch.Of(2)) });
                request.TopicData[0].PartitionData.Add(new() { Index = 0, Records = new(Batch.Of(3)) });
                var answer = await run.AskAsync(request);

                var partitions = Assert.Single(answer.Responses).PartitionResponses;
                Assert.Equal([(0, 0L), (1, 0L)], partitions.OrderBy(static p => p.Index).Select(static p => (p.Index, p.BaseOffset)));
                Assert.All(partitions, static partition => Expect.NoError(partition.ErrorCode));
                Assert.Equal(3, await run.ProduceAsync(topic, Batch.Of(1)));
                Assert.Equal(2, await run.ProduceAsync(topic, Batch.Of(1), partition: 1));
            }
        },
        { "gzip is taken", Versions.All, run => ExpectTakenAsync(run, CompressionType.Gzip) },
        { "snappy is taken", Versions.All, run => ExpectTakenAsync(run, CompressionType.Snappy) },
        { "lz4 is taken", Versions.All, run => ExpectTakenAsync(run, CompressionType.Lz4) },
        { "zstd is taken from v7 on", Versions.Since(7), run => ExpectTakenAsync(run, CompressionType.Zstd) },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Produce_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static TestTopic NoTopic() => new(CaseRun.NewName(), Guid.NewGuid());

    private static ErrorCode InvalidRecord(short version) => version >= 8 ? ErrorCode.InvalidRecord : ErrorCode.CorruptMessage;

    private static ProduceResponse.PartitionProduceResponse One(ProduceResponse answer) =>
        Assert.Single(Assert.Single(answer.Responses).PartitionResponses);

    private static async Task ExpectRefusedAsync(
        CaseRun<ProduceRequest, ProduceResponse> run, TestTopic topic, byte[] records, ErrorCode expected)
    {
        var answer = One(await run.AskAsync(ProduceRequests.To(topic, records)));

        Expect.Error(expected, answer.ErrorCode);
        Assert.Equal((-1, -1), (answer.BaseOffset, answer.LogAppendTimeMs));
    }

    private static async Task ExpectGarbageRefusedAsync(CaseRun<ProduceRequest, ProduceResponse> run, CompressionType compression)
    {
        var garbage = Batch.Of(3);
        garbage.AsSpan(RecordBatchLayout.HeaderBytes).Fill(0xfe);
        garbage = Batch.Change(garbage, header => header with { Attributes = (short)compression });
        await ExpectRefusedAsync(run, await run.CreateTopicAsync(), garbage, InvalidRecord(run.Version));
    }

    private static async Task ExpectTakenAsync(CaseRun<ProduceRequest, ProduceResponse> run, CompressionType compression)
    {
        var topic = await run.CreateTopicAsync();
        var answer = One(await run.AskAsync(ProduceRequests.To(topic, Batch.Of(10, compression))));

        Expect.NoError(answer.ErrorCode);
        Assert.Equal(10, await run.ProduceAsync(topic, Batch.Of(1)));
    }
}
