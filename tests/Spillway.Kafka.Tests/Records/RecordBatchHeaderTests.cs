using Spillway.Kafka.Compression;
using Spillway.Kafka.Records;
using Xunit;

namespace Spillway.Kafka.Tests.Records;

public sealed class RecordBatchHeaderTests
{
    [Fact]
    public void Every_field_comes_back_as_written()
    {
        const int Seed = 61;
        var random = new Random(Seed);
        for (var round = 0; round < 200; round++)
        {
            var header = new RecordBatchHeader
            {
                BaseOffset = random.NextInt64(),
                BatchLength = random.Next(),
                PartitionLeaderEpoch = random.Next(),
                Magic = (byte)random.Next(256),
                Crc = (uint)random.NextInt64(),
                Attributes = (short)random.Next(),
                LastOffsetDelta = random.Next(),
                BaseTimestamp = random.NextInt64(),
                MaxTimestamp = random.NextInt64(),
                ProducerId = random.NextInt64(),
                ProducerEpoch = (short)random.Next(),
                BaseSequence = random.Next(),
                RecordCount = random.Next(),
            };
            var bytes = new byte[RecordBatchLayout.HeaderBytes];

            header.Write(bytes);

            Assert.True(RecordBatchHeader.TryRead(bytes, out var read));
            Assert.True(header == read, $"seed {Seed} round {round}");
        }
    }

    [Fact]
    public void Sixty_bytes_are_not_a_header()
    {
        Assert.False(RecordBatchHeader.TryRead(new byte[60], out _));
        Assert.True(RecordBatchHeader.TryRead(new byte[61], out _));
    }

    [Theory]
    [InlineData(0x00, CompressionType.None, TimestampType.CreateTime, false, false, false)]
    [InlineData(0x01, CompressionType.Gzip, TimestampType.CreateTime, false, false, false)]
    [InlineData(0x0A, CompressionType.Snappy, TimestampType.LogAppendTime, false, false, false)]
    [InlineData(0x13, CompressionType.Lz4, TimestampType.CreateTime, true, false, false)]
    [InlineData(0x34, CompressionType.Zstd, TimestampType.CreateTime, true, true, false)]
    [InlineData(0x47, (CompressionType)7, TimestampType.CreateTime, false, false, true)]
    public void Attributes_are_taken_apart(
        int attributes, CompressionType codec, TimestampType timestamps, bool transactional, bool control, bool horizon)
    {
        var header = new RecordBatchHeader { Attributes = (short)attributes };

        Assert.Equal(codec, header.CompressionType);
        Assert.Equal(timestamps, header.TimestampType);
        Assert.Equal(transactional, header.IsTransactional);
        Assert.Equal(control, header.IsControl);
        Assert.Equal(horizon, header.HasDeleteHorizon);
    }

    [Theory]
    [InlineData(0, 9, 9)]
    [InlineData(int.MaxValue, 0, int.MaxValue)]
    [InlineData(int.MaxValue, 1, 0)]
    [InlineData(int.MaxValue - 2, 9, 6)]
    [InlineData(-1, 9, -1)]
    public void The_last_sequence_wraps_as_producers_do(int baseSequence, int lastOffsetDelta, int expected)
    {
        var header = new RecordBatchHeader { BaseSequence = baseSequence, LastOffsetDelta = lastOffsetDelta };

        Assert.Equal(expected, header.LastSequence);
    }

    [Fact]
    public void Base_offset_and_leader_epoch_change_without_touching_the_checksum()
    {
        var batch = new byte[100];
        new Random(1).NextBytes(batch);
        RecordBatchBytes.SetCrc(batch);

        RecordBatchBytes.SetBaseOffset(batch, 0x0102030405060708);
        RecordBatchBytes.SetPartitionLeaderEpoch(batch, 0x11223344);

        Assert.True(RecordBatchBytes.CrcIsValid(batch));
        Assert.True(RecordBatchHeader.TryRead(batch, out var header));
        Assert.Equal(0x0102030405060708, header.BaseOffset);
        Assert.Equal(0x11223344, header.PartitionLeaderEpoch);
    }

    [Fact]
    public void Log_append_time_sets_the_type_and_the_max_timestamp_and_redoes_the_checksum()
    {
        var batch = new byte[100];
        new RecordBatchHeader { Attributes = 0x13, BaseTimestamp = 5, MaxTimestamp = 6 }.Write(batch);
        RecordBatchBytes.SetCrc(batch);

        RecordBatchBytes.SetLogAppendTime(batch, 1_700_000_000_123);

        Assert.True(RecordBatchBytes.CrcIsValid(batch));
        Assert.True(RecordBatchHeader.TryRead(batch, out var header));
        Assert.Equal(0x1B, header.Attributes);
        Assert.Equal(5, header.BaseTimestamp);
        Assert.Equal(1_700_000_000_123, header.MaxTimestamp);
    }
}
