using Spillway.Kafka.Compression;
using Spillway.Kafka.Records;
using Xunit;

namespace Spillway.Kafka.Tests.Records;

public sealed class GoldenBatchTests
{
    private const long GeneratedAt = 1_700_000_000_000;

    public static TheoryData<string, CompressionType> Batches => new(GoldenBatches.All.Select(b => (b.Name, b.Codec)));

    [Theory]
    [MemberData(nameof(Batches))]
    public void What_clients_produced_is_valid_and_keeps_its_codec(string name, CompressionType codec)
    {
        Require(codec);
        var batch = GoldenBatches.Read(name);
        var rules = new RecordBatchRules { RecordChecks = RecordChecks.All, TimestampAfterMaxMs = long.MaxValue };

        var error = RecordBatchValidator.Validate(batch, rules, GeneratedAt, out var header);

        Assert.Equal(RecordBatchError.None, error);
        Assert.Equal(codec, header.CompressionType);
        Assert.Equal(batch.Length, header.TotalLength);
        Assert.Equal(header.RecordCount, GoldenBatches.Describe(batch).Count);
    }

    [Theory]
    [MemberData(nameof(Batches))]
    public void What_clients_produced_reads_as_they_wrote_it(string name, CompressionType codec)
    {
        Require(codec);
        var batch = GoldenBatches.Read(name);
        Assert.True(RecordBatchHeader.TryRead(batch, out var header));

        var expected = name.StartsWith("librdkafka", StringComparison.Ordinal)
            ? ByKcat(header, withHeaders: header.ProducerId < 0)
            : ByScript(nullAsEmpty: name.StartsWith("kafkajs", StringComparison.Ordinal));

        Assert.Equal(expected, GoldenBatches.Describe(batch));
    }

    [Fact]
    public void Producer_identity_is_read_from_what_clients_produced()
    {
        Assert.True(RecordBatchHeader.TryRead(GoldenBatches.Read("python-kafka-zstd"), out var transactional));
        Assert.True(RecordBatchHeader.TryRead(GoldenBatches.Read("librdkafka-lz4-idempotent"), out var idempotent));

        Assert.True(transactional.IsTransactional);
        Assert.Equal((77L, (short)5, 1000, 1009), (
            transactional.ProducerId,
            transactional.ProducerEpoch,
            transactional.BaseSequence,
            transactional.LastSequence));
        Assert.False(idempotent.IsTransactional);
        Assert.Equal((4711L, (short)3, 0, 19), (
            idempotent.ProducerId, idempotent.ProducerEpoch, idempotent.BaseSequence, idempotent.LastSequence));
    }

    internal static void Require(CompressionType codec)
    {
        if (!Codecs.IsAvailable(codec))
        {
            Assert.Skip($"The native library of {codec} is not on this machine.");
        }
    }

    /// <summary>What the scripts that ran python-kafka's and kafkajs's encoders appended.</summary>
    private static IEnumerable<string> ByScript(bool nullAsEmpty) => Enumerable.Range(0, 10).Select(i =>
        $"{i} {GeneratedAt + (i * 10)} {(i % 3 == 0 ? "∅" : $"key-{i}")}="
        + (i % 5 == 4 ? "∅" : $"value-{i}-{new string('x', 50)}")
        + (i % 2 == 0 ? $" h:0102 ключ:{(nullAsEmpty ? "" : "∅")}" : ""));

    /// <summary>What went into kcat's standard input; the timestamps are those of the run.</summary>
    private static IEnumerable<string> ByKcat(RecordBatchHeader header, bool withHeaders) => Enumerable.Range(0, 20).Select(i =>
        $"{i} {header.BaseTimestamp} k{i}=value-{i}-abcabcabcabcabcabcabcabcabcabc"
        + (withHeaders ? " h1:7631 h2:4E554C4C" : ""));
}
