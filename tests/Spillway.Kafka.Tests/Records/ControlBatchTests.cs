using Spillway.Kafka.Records;
using Xunit;

namespace Spillway.Kafka.Tests.Records;

public sealed class ControlBatchTests
{
    [Theory]
    [InlineData(ControlRecordType.Commit, TimestampType.CreateTime)]
    [InlineData(ControlRecordType.Abort, TimestampType.CreateTime)]
    [InlineData(ControlRecordType.Commit, TimestampType.LogAppendTime)]
    public void A_marker_comes_back_as_written(ControlRecordType type, TimestampType timestamps)
    {
        var marker = new TransactionMarker
        {
            Type = type,
            Offset = 1234567890123,
            Timestamp = 1_700_000_000_000,
            TimestampType = timestamps,
            ProducerId = 4711,
            ProducerEpoch = 3,
            CoordinatorEpoch = 12,
        };

        var batch = ControlBatch.Build(marker);

        Assert.True(ControlBatch.TryRead(batch, out var read));
        Assert.Equal(marker, read);
    }

    [Fact]
    public void A_marker_has_the_78_bytes_that_clients_know()
    {
        var batch = ControlBatch.Build(new TransactionMarker
        {
            Type = ControlRecordType.Commit,
            Offset = 5,
            Timestamp = 1000,
            ProducerId = 7,
            ProducerEpoch = 1,
            CoordinatorEpoch = 2,
        });

        Assert.Equal(78, batch.Length);
        Assert.True(RecordBatchBytes.CrcIsValid(batch));
        Assert.Equal(
            "0000000000000005" + "00000042" + "00000000" + "02" + Convert.ToHexString(batch, 17, 4) + "0030"
            + "00000000" + "00000000000003E8" + "00000000000003E8" + "0000000000000007" + "0001" + "FFFFFFFF" + "00000001"
            + "20" + "00" + "00" + "00" + "08" + "00000001" + "0C" + "000000000002" + "00",
            Convert.ToHexString(batch));
    }

    [Fact]
    public void A_batch_of_data_is_no_marker()
    {
        var builder = new RecordBatchBuilder();
        builder.Append(0, [0, 0, 0, 1], [0, 0, 0, 0, 0, 0]);

        Assert.False(ControlBatch.TryRead(builder.Build(), out _));
        Assert.False(ControlBatch.TryRead(EmptyBatch.Build(0, 1), out _));
        Assert.False(ControlBatch.TryRead([1, 2, 3], out _));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(17, 41)]
    [InlineData(5, 5L + int.MaxValue)]
    public void An_empty_batch_covers_its_range_and_holds_nothing(long first, long last)
    {
        var batch = EmptyBatch.Build(first, last);

        Assert.Equal(61, batch.Length);
        Assert.True(RecordBatchBytes.CrcIsValid(batch));
        Assert.True(RecordBatchHeader.TryRead(batch, out var header));
        Assert.Equal((first, last, last + 1, 0), (header.BaseOffset, header.LastOffset, header.NextOffset, header.RecordCount));
        Assert.Empty(GoldenBatches.Describe(batch));
    }

    [Fact]
    public void A_range_beyond_an_int32_of_offsets_takes_more_than_one_batch()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => EmptyBatch.Build(0, EmptyBatch.OffsetsMax));
        Assert.Throws<ArgumentOutOfRangeException>(() => EmptyBatch.Build(1, 0));
    }
}
