using System.Buffers.Binary;
using Spillway.Kafka.Compression;
using Spillway.Kafka.Records;
using Xunit;

namespace Spillway.Kafka.Tests.Records;

public sealed class RecordBatchValidatorTests
{
    private const long Now = 1_700_000_000_000;

    public static TheoryData<string, CompressionType> Batches => GoldenBatchTests.Batches;

    [Fact]
    public void A_plain_batch_passes_and_its_header_is_given()
    {
        var batch = Batch(record => record.Append(Now, [1], [2]));

        Assert.Equal(RecordBatchError.None, Validate(batch, new RecordBatchRules(), out var header));
        Assert.Equal(1, header.RecordCount);
    }

    [Fact]
    public void Nothing_is_no_batch() => Assert.Equal(RecordBatchError.NoBatch, Validate([], new RecordBatchRules(), out _));

    [Fact]
    public void Two_batches_are_one_too_many()
    {
        var batch = Batch(b => b.Append(Now, [1], [2]));

        Assert.Equal(RecordBatchError.MoreThanOneBatch, Validate([.. batch, .. batch], new RecordBatchRules(), out _));
        Assert.Equal(RecordBatchError.MoreThanOneBatch, Validate([.. batch, 0], new RecordBatchRules(), out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Another_magic_is_refused(byte magic)
    {
        var batch = Batch(b => b.Append(Now, [1], [2]));
        batch[RecordBatchLayout.MagicPosition] = magic;

        Assert.Equal(RecordBatchError.UnsupportedMagic, Validate(batch, new RecordBatchRules(), out _));
    }

    [Fact]
    public void A_flipped_bit_anywhere_under_the_checksum_is_found()
    {
        var batch = Batch(b => b.Append(Now, [1], [2, 3, 4]));
        for (var position = RecordBatchLayout.CrcPosition; position < batch.Length; position++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                batch[position] ^= (byte)(1 << bit);
                Assert.Equal(RecordBatchError.CrcMismatch, Validate(batch, new RecordBatchRules(), out _));
                batch[position] ^= (byte)(1 << bit);
            }
        }
    }

    [Fact]
    public void The_size_bound_is_on_the_whole_batch()
    {
        var batch = Batch(b => b.Append(Now, [1], new byte[1000]));

        Assert.Equal(
            RecordBatchError.None, Validate(batch, new RecordBatchRules { BatchBytesMax = batch.Length }, out _));
        Assert.Equal(
            RecordBatchError.BatchTooLarge, Validate(batch, new RecordBatchRules { BatchBytesMax = batch.Length - 1 }, out _));
    }

    [Theory]
    [InlineData(RecordBatchLayout.RecordCountPosition, 2, RecordBatchError.InvalidRecordCount)]
    [InlineData(RecordBatchLayout.RecordCountPosition, 0, RecordBatchError.InvalidRecordCount)]
    [InlineData(RecordBatchLayout.RecordCountPosition, int.MinValue, RecordBatchError.InvalidRecordCount)]
    [InlineData(RecordBatchLayout.LastOffsetDeltaPosition, int.MaxValue, RecordBatchError.InvalidRecordCount)]
    [InlineData(RecordBatchLayout.LastOffsetDeltaPosition, -1, RecordBatchError.InvalidRecordCount)]
    [InlineData(RecordBatchLayout.BaseOffsetPosition, 1, RecordBatchError.InvalidBaseOffset)]
    [InlineData(RecordBatchLayout.BaseSequencePosition, -1, RecordBatchError.InvalidSequence)]
    public void A_header_that_contradicts_itself_is_refused(int position, int value, RecordBatchError expected)
    {
        var batch = Batch(b => b.Append(Now, [1], [2]), producerId: 5);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(position), value);
        RecordBatchBytes.SetCrc(batch);

        Assert.Equal(expected, Validate(batch, new RecordBatchRules(), out _));
    }

    [Theory]
    [InlineData(5, RecordBatchError.UnsupportedCompression)]
    [InlineData(7, RecordBatchError.UnsupportedCompression)]
    [InlineData(0x20, RecordBatchError.ControlBatchFromClient)]
    [InlineData(0x08, RecordBatchError.TimestampTypeFromClient)]
    [InlineData(1, RecordBatchError.CorruptCompression)]
    [InlineData(2, RecordBatchError.CorruptCompression)]
    public void Attributes_that_no_producer_may_set_are_refused(short attributes, RecordBatchError expected)
    {
        var batch = Batch(b => b.Append(Now, [1], [2]));
        BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(RecordBatchLayout.AttributesPosition), attributes);
        RecordBatchBytes.SetCrc(batch);

        Assert.Equal(expected, Validate(batch, new RecordBatchRules { RecordChecks = RecordChecks.All }, out _));
    }

    [Fact]
    public void Zstd_needs_a_request_that_may_carry_it()
    {
        var batch = GoldenBatches.Read("python-kafka-zstd");
        var rules = new RecordBatchRules { RecordChecks = RecordChecks.Header };

        Assert.Equal(RecordBatchError.None, Validate(batch, rules, out _));
        Assert.Equal(
            RecordBatchError.UnsupportedCompression, Validate(batch, rules with { ZstdAllowed = false }, out _));
    }

    [Theory]
    [InlineData(CompressionType.None)]
    [InlineData(CompressionType.Gzip)]
    public void A_record_without_key_is_refused_where_keys_are_needed(CompressionType codec)
    {
        var keyed = Batch(b => b.Append(Now, [], [2]), codec);
        var keyless = Batch(
            b =>
            {
                b.Append(Now, [1], [2]);
                b.Append(Now, null, [2]);
            },
            codec);
        var compacted = new RecordBatchRules { KeyRequired = true };

        Assert.Equal(RecordBatchError.None, Validate(keyed, compacted, out _));
        Assert.Equal(RecordBatchError.MissingKey, Validate(keyless, compacted, out _));
        Assert.Equal(RecordBatchError.None, Validate(keyless, new RecordBatchRules(), out _));
    }

    [Theory]
    [InlineData(Now + 3_600_000, RecordBatchError.None)]
    [InlineData(Now + 3_600_001, RecordBatchError.TimestampOutOfRange)]
    [InlineData(long.MaxValue, RecordBatchError.TimestampOutOfRange)]
    [InlineData(Now - 1000, RecordBatchError.None)]
    [InlineData(Now - 1001, RecordBatchError.TimestampOutOfRange)]
    [InlineData(long.MinValue, RecordBatchError.TimestampOutOfRange)]
    [InlineData(-1, RecordBatchError.None)]
    public void Timestamps_are_bounded_both_ways(long timestamp, RecordBatchError expected)
    {
        var batch = Batch(b =>
        {
            b.Append(Now, null, [1]);
            b.Append(timestamp, null, [1]);
        });
        var rules = new RecordBatchRules { TimestampBeforeMaxMs = 1000 };

        Assert.Equal(expected, Validate(batch, rules, out _));
        Assert.Equal(
            RecordBatchError.None, Validate(batch, rules with { TimestampType = TimestampType.LogAppendTime }, out _));
    }

    [Fact]
    public void Far_future_is_found_in_the_header_alone()
    {
        var batch = Batch(b => b.Append(Now + 3_600_001, null, [1]), CompressionType.Gzip);

        Assert.Equal(RecordBatchError.TimestampOutOfRange, Validate(batch, new RecordBatchRules(), out _));
    }

    [Fact]
    public void A_wrong_max_timestamp_is_corrected()
    {
        var batch = Batch(b => b.Append(Now - 5, null, [1]));
        RecordBatchBytes.SetMaxTimestamp(batch, Now);

        Assert.Equal(RecordBatchError.None, Validate(batch, new RecordBatchRules(), out var header));

        Assert.Equal(Now - 5, header.MaxTimestamp);
    }

    [Fact]
    public void A_batch_that_decompresses_beyond_the_limit_is_refused()
    {
        var batch = Batch(b => b.Append(Now, null, new byte[100_000]), CompressionType.Gzip);
        var rules = new RecordBatchRules { RecordChecks = RecordChecks.All, DecompressedBytesMax = 90_000 };

        Assert.True(batch.Length < 1000);
        Assert.Equal(RecordBatchError.DecompressedTooLarge, Validate(batch, rules, out _));
    }

    [Fact]
    public void Broken_records_in_an_uncompressed_batch_are_found_and_header_checks_let_them_pass()
    {
        var batch = Batch(b => b.Append(Now, [1, 2], [3, 4]));
        batch[RecordBatchLayout.HeaderBytes + 4] = 0x7E; // the key's length
        RecordBatchBytes.SetCrc(batch);

        Assert.Equal(RecordBatchError.CorruptRecords, Validate(batch, new RecordBatchRules(), out _));
        Assert.Equal(
            RecordBatchError.None,
            Validate(batch, new RecordBatchRules { RecordChecks = RecordChecks.Header }, out _));
    }

    [Theory]
    [MemberData(nameof(Batches))]
    public void Every_truncation_of_what_clients_produced_is_a_typed_error(string name, CompressionType codec)
    {
        GoldenBatchTests.Require(codec);
        var batch = GoldenBatches.Read(name);
        var rules = new RecordBatchRules { RecordChecks = RecordChecks.All, TimestampAfterMaxMs = long.MaxValue };
        for (var length = 1; length < batch.Length; length++)
        {
            Assert.Equal(RecordBatchError.Truncated, Validate(batch.AsSpan(0, length), rules, out _));

            // The same with the header made to agree, so that the cut shows only inside the records.
            if (length > RecordBatchLayout.HeaderBytes)
            {
                var shorter = batch[..length];
                BinaryPrimitives.WriteInt32BigEndian(shorter.AsSpan(RecordBatchLayout.BatchLengthPosition), length - 12);
                RecordBatchBytes.SetCrc(shorter);
                var error = Validate(shorter, rules, out _);
                Assert.True(error is RecordBatchError.CorruptRecords or RecordBatchError.CorruptCompression);
            }
        }
    }

    [Fact]
    public void Validating_an_uncompressed_batch_allocates_nothing()
    {
        var batch = Batch(b =>
        {
            for (var i = 0; i < 200; i++)
            {
                b.Append(Now, [1, 2, 3], new byte[300], new RecordHeader("h", [1]));
            }
        });
        var rules = new RecordBatchRules { KeyRequired = true };
        for (var i = 0; i < 100; i++)
        {
            Validate(batch, rules, out _);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = RecordBatchError.None;
        for (var i = 0; i < 100; i++)
        {
            error |= Validate(batch, rules, out _);
        }

        var allocatedBytes = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(RecordBatchError.None, error);
        Assert.Equal(0, allocatedBytes);
    }

    private static RecordBatchError Validate(
        ReadOnlySpan<byte> batch, RecordBatchRules rules, out RecordBatchHeader header) =>
        RecordBatchValidator.Validate(batch, rules, Now, out header);

    private static byte[] Batch(
        Action<RecordBatchBuilder> append, CompressionType codec = CompressionType.None, long producerId = -1)
    {
        var builder = new RecordBatchBuilder
        {
            CompressionType = codec,
            ProducerId = producerId,
            ProducerEpoch = 0,
            BaseSequence = 0,
        };
        append(builder);
        return builder.Build();
    }
}
