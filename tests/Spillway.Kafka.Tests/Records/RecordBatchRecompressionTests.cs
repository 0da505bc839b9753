using System.Text;
using Spillway.Kafka.Compression;
using Spillway.Kafka.Records;
using Xunit;

namespace Spillway.Kafka.Tests.Records;

public sealed class RecordBatchRecompressionTests
{
    public static TheoryData<CompressionType, CompressionType> Pairs => new(
        from sent in Enum.GetValues<CompressionType>() from kept in Enum.GetValues<CompressionType>() select (sent, kept));

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Records_and_everything_about_them_stay(CompressionType sent, CompressionType kept)
    {
        Assert.SkipUnless(Codecs.IsAvailable(sent) && Codecs.IsAvailable(kept), "a codec's library is not here");
        var batch = Build(sent);

        var error = RecordBatchRecompression.TryRecompress(batch, kept, null, 1 << 20, out var recompressed);

        Assert.Equal(RecordBatchError.None, error);
        Assert.True(RecordBatchBytes.CrcIsValid(recompressed));
        Assert.True(RecordBatchHeader.TryRead(batch, out var before));
        Assert.True(RecordBatchHeader.TryRead(recompressed, out var after));
        Assert.Equal(kept, after.CompressionType);
        Assert.Equal(recompressed.Length, after.TotalLength);
        Assert.Equal(
            before with { Attributes = 0, BatchLength = 0, Crc = 0 }, after with { Attributes = 0, BatchLength = 0, Crc = 0 });
        Assert.True(after.IsTransactional);
        Assert.Equal(Read(batch), Read(recompressed));
    }

    [Theory]
    [InlineData(CompressionType.None)]
    [InlineData(CompressionType.Snappy)]
    public void What_gets_too_large_is_refused(CompressionType kept)
    {
        var batch = Build(CompressionType.Gzip);

        Assert.NotEqual(
            RecordBatchError.None, RecordBatchRecompression.TryRecompress(batch, kept, null, 100, out var recompressed));
        Assert.Empty(recompressed);
    }

    [Fact]
    public void What_is_no_compressed_stream_is_refused()
    {
        var batch = Build(CompressionType.Gzip);
        batch.AsSpan(RecordBatchLayout.HeaderBytes).Fill(7);

        Assert.Equal(
            RecordBatchError.CorruptCompression,
            RecordBatchRecompression.TryRecompress(batch, CompressionType.None, null, 1 << 20, out _));
    }

    private static byte[] Build(CompressionType type)
    {
        var builder = new RecordBatchBuilder
        {
            CompressionType = type, ProducerId = 7, ProducerEpoch = 1, BaseSequence = 9, IsTransactional = true,
        };
        for (var i = 0; i < 20; i++)
        {
            builder.Append(1_000 + i, Encoding.UTF8.GetBytes($"k-{i}"), Encoding.UTF8.GetBytes(new string('v', 10 * i)));
        }

        return builder.Build();
    }

    private static List<(long Offset, long Timestamp, string Key, string Value)> Read(byte[] batch)
    {
        using var opened = OpenedRecordBatch.Open(batch);
        var reader = opened.Records;
        var records = new List<(long, long, string, string)>();
        while (reader.TryRead(out var record))
        {
            records.Add((record.Offset, record.Timestamp, Encoding.UTF8.GetString(record.Key), Encoding.UTF8.GetString(record.Value)));
        }

        return records;
    }
}
