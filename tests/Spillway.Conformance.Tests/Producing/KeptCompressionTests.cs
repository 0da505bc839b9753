using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Compression;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Records;
using Xunit;

namespace Spillway.Conformance.Tests.Producing;

/// <summary>The topic config compression.type: the codec that batches are kept in, whatever they came in.</summary>
public sealed class KeptCompressionTests(BrokerFixture broker)
{
    private static readonly (string Config, CompressionType Kept)[] Kinds =
    [
        ("uncompressed", CompressionType.None), ("gzip", CompressionType.Gzip), ("snappy", CompressionType.Snappy),
        ("lz4", CompressionType.Lz4), ("zstd", CompressionType.Zstd),
    ];

    private static readonly ApiCases<ProduceRequest, ProduceResponse> Table = new()
    {
        {
            "with producer a batch stays as it came", Versions.Since(7), async run =>
            {
                var topic = await run.CreateTopicAsync(1, ("compression.type", "producer"));
                var batch = Batch.Of(5, CompressionType.Gzip);
                await run.ProduceAsync(topic, batch);

                Assert.Equal(batch[RecordBatchLayout.AttributesPosition..], (await FetchAsync(run, topic))[RecordBatchLayout.AttributesPosition..]);
            }
        },
        {
            "with another codec a batch is compressed again and its records stay", Versions.Since(7), async run =>
            {
                foreach (var (config, kept) in Kinds)
                {
                    var topic = await run.CreateTopicAsync(1, ("compression.type", config));
                    foreach (var (_, sent) in Kinds)
                    {
                        var offset = await run.ProduceAsync(topic, Batch.Of(5, sent));
                        var fetched = await FetchAsync(run, topic, offset);

                        Assert.True(RecordBatchHeader.TryRead(fetched, out var header));
                        Assert.Equal((kept, 5, offset), (header.CompressionType, header.RecordCount, header.BaseOffset));
                        Assert.True(RecordBatchBytes.CrcIsValid(fetched));
                        using var opened = OpenedRecordBatch.Open(fetched);
                        Assert.True(opened.RecordBytes.Length > 50);
                    }
                }
            }
        },
        {
            "what is too large once it is decompressed is MESSAGE_TOO_LARGE", Versions.Since(7), async run =>
            {
                var topic = await run.CreateTopicAsync(1, ("compression.type", "uncompressed"), ("max.message.bytes", "1000"));
                var answer = await run.AskAsync(ProduceRequests.To(topic, Batch.Of(1, CompressionType.Gzip, valueBytes: 5_000)));

                Expect.Error(Kafka.Errors.ErrorCode.MessageTooLarge, answer.Responses[0].PartitionResponses[0].ErrorCode);
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Produce_keeps_the_codec_of_the_topic(string name, short version) => Table.RunAsync(broker, name, version);

    private static async Task<byte[]> FetchAsync(CaseRun<ProduceRequest, ProduceResponse> run, TestTopic topic, long offset = 0)
    {
        var answer = await run.AskAsync<FetchResponse>(FetchRequests.From(topic, offset), 12);
        return System.Buffers.BuffersExtensions.ToArray(answer.Responses[0].Partitions[0].Records!.Value);
    }
}
