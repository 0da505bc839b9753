using Spillway.Kafka.Compression;
using Spillway.Kafka.Records;
using Xunit;

namespace Spillway.Kafka.Tests.Records;

public sealed class TimestampLookupTests
{
    [Theory]
    [InlineData(0, 0, 50L, 100L)]
    [InlineData(101, 0, 51L, 105L)]
    [InlineData(105, 0, 51L, 105L)]
    [InlineData(105, 52, 53L, 110L)]
    [InlineData(111, 0, null, null)]
    public void The_first_record_at_or_after_the_time_is_found(long timestamp, long firstOffset, long? offset, long? at)
    {
        var builder = new RecordBatchBuilder { BaseOffset = 50, CompressionType = CompressionType.Gzip };
        foreach (var time in (long[])[100, 105, 103, 110])
        {
            builder.Append(time, null, [1]);
        }

        var error = TimestampLookup.Find(builder.Build(), timestamp, firstOffset, out var found);

        Assert.Equal(RecordBatchError.None, error);
        Assert.Equal(offset, found?.Offset);
        Assert.Equal(at, found?.Timestamp);
    }

    [Fact]
    public void A_broken_batch_is_a_typed_error()
    {
        Assert.Equal(RecordBatchError.Truncated, TimestampLookup.Find(new byte[10], 0, 0, out var found));
        Assert.Null(found);
    }
}
