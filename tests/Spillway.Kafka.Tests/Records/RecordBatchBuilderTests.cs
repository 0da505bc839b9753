using System.Text;
using Spillway.Kafka.Compression;
using Spillway.Kafka.Records;
using Xunit;
using Record = Spillway.Kafka.Records.Record;

namespace Spillway.Kafka.Tests.Records;

public sealed class RecordBatchBuilderTests(ITestOutputHelper output)
{
    public static TheoryData<CompressionType> EveryCodec => new(Enum.GetValues<CompressionType>());

    [Theory]
    [MemberData(nameof(EveryCodec))]
    public void Random_batches_come_back_as_they_were_built(CompressionType codec)
    {
        GoldenBatchTests.Require(codec);
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);

        for (var round = 0; round < 100; round++)
        {
            var builder = new RecordBatchBuilder
            {
                CompressionType = codec,
                BaseOffset = random.NextInt64(1L << 40),
                ProducerId = random.Next(-1, 3),
                ProducerEpoch = (short)random.Next(-1, 100),
                BaseSequence = random.Next(-1, int.MaxValue),
                IsTransactional = random.Next(2) == 0,
                PartitionLeaderEpoch = random.Next(-1, 10),
            };
            var expected = AppendRandomRecords(builder, random);

            var batch = builder.Build();

            Assert.Equal(
                RecordBatchError.None,
                OpenedRecordBatch.TryOpen(batch, out var opened));
            opened.Dispose();
            Assert.True(RecordBatchBytes.CrcIsValid(batch));
            Assert.Equal(expected, GoldenBatches.Describe(batch));
            Assert.True(RecordBatchHeader.TryRead(batch, out var header));
            Assert.Equal(
                (builder.ProducerId, builder.ProducerEpoch, builder.BaseSequence, builder.IsTransactional, codec),
                (header.ProducerId, header.ProducerEpoch, header.BaseSequence, header.IsTransactional, header.CompressionType));
            Assert.Equal(builder.PartitionLeaderEpoch, header.PartitionLeaderEpoch);
        }
    }

    [Fact]
    public void Copied_records_keep_their_offsets_and_the_batch_its_end()
    {
        var source = new RecordBatchBuilder { BaseOffset = 100 };
        for (var i = 0; i < 10; i++)
        {
            source.Append(1000 + i, [(byte)i], [1, 2, 3], new RecordHeader("h", [9]));
        }

        var copy = new RecordBatchBuilder { BaseOffset = 100 };
        using var opened = OpenedRecordBatch.Open(source.Build());
        var records = opened.Records;
        while (records.TryRead(out var record))
        {
            if (record.Offset % 3 == 0)
            {
                copy.Append(record);
            }
        }

        var batch = copy.Build(lastOffset: 109);

        Assert.Equal(
            ["102 1002 \u0002=\u0001\u0002\u0003 h:09", "105 1005 \u0005=\u0001\u0002\u0003 h:09", "108 1008 \b=\u0001\u0002\u0003 h:09"],
            GoldenBatches.Describe(batch));
        Assert.True(RecordBatchHeader.TryRead(batch, out var header));
        Assert.Equal((109L, 3, 1002L, 1008L), (header.LastOffset, header.RecordCount, header.BaseTimestamp, header.MaxTimestamp));
    }

    [Fact]
    public void Log_append_time_is_the_time_of_every_record()
    {
        var builder = new RecordBatchBuilder { TimestampType = TimestampType.LogAppendTime };
        builder.Append(5, null, [1]);
        builder.Append(6, null, [2]);

        var batch = builder.Build(appendTimeMs: 777);

        Assert.Equal(["0 777 ∅=\u0001", "1 777 ∅=\u0002"], GoldenBatches.Describe(batch));
    }

    [Fact]
    public void A_builder_that_was_reset_starts_anew()
    {
        var builder = new RecordBatchBuilder();
        builder.Append(9, [1], [2]);
        var first = builder.Build();
        builder.Reset();
        builder.Append(9, [1], [2]);

        Assert.Equal(first, builder.Build());
    }

    [Fact]
    public void An_offset_that_does_not_rise_is_refused()
    {
        var builder = new RecordBatchBuilder { BaseOffset = 10 };
        builder.Append(0, null, null);

        Assert.Throws<ArgumentOutOfRangeException>(() => builder.Append(new Record { Offset = 10 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.Append(new Record { Offset = 10L + int.MaxValue + 1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RecordBatchBuilder().Build());
    }

    private static List<string> AppendRandomRecords(RecordBatchBuilder builder, Random random)
    {
        var expected = new List<string>();
        for (var i = random.Next(1, 40); i > 0; i--)
        {
            var timestamp = random.NextInt64(-1, 1L << 45);
            var key = random.Next(3) == 0 ? null : RandomText(random, 20);
            var value = random.Next(5) == 0 ? null : RandomText(random, 3000);
            var headers = Enumerable.Range(0, random.Next(3))
                .Select(_ => new RecordHeader(RandomText(random, 10), random.Next(2) == 0 ? null : [1, 2, (byte)i]))
                .ToArray();
            var line = new StringBuilder(
                $"{builder.BaseOffset + builder.RecordCount} {timestamp} {key ?? "∅"}={value ?? "∅"}");
            foreach (var header in headers)
            {
                line.Append($" {header.Key}:{(header.Value is null ? "∅" : Convert.ToHexString(header.Value))}");
            }

            expected.Add(line.ToString());
            builder.Append(timestamp, Bytes(key), Bytes(value), headers);
        }

        return expected;
    }

    private static byte[]? Bytes(string? text) => text is null ? null : Encoding.UTF8.GetBytes(text);

    private static string RandomText(Random random, int lengthMax) =>
        string.Create(random.Next(lengthMax), random, (span, r) =>
        {
            foreach (ref var c in span)
            {
                c = (char)('a' + r.Next(26));
            }
        });
}
