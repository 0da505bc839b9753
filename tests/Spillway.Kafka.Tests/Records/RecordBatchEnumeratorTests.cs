using Spillway.Kafka.Records;
using Xunit;

namespace Spillway.Kafka.Tests.Records;

public sealed class RecordBatchEnumeratorTests
{
    [Fact]
    public void Batches_in_a_row_are_walked_in_order()
    {
        var all = Concatenate(out var batches);

        var walk = new RecordBatchEnumerator(all);
        foreach (var batch in batches)
        {
            Assert.True(walk.MoveNext());
            Assert.Equal(batch, walk.CurrentBytes.ToArray());
            Assert.Equal(batch.Length, walk.Current.TotalLength);
        }

        Assert.False(walk.MoveNext());
        Assert.Equal(RecordBatchError.None, walk.Error);
        Assert.Equal(all.Length, walk.EndBytes);
    }

    [Fact]
    public void Every_truncation_gives_the_whole_batches_before_it_and_then_a_typed_error()
    {
        var all = Concatenate(out var batches);
        var ends = batches.Select((_, i) => batches.Take(i + 1).Sum(b => b.Length)).ToHashSet();
        for (var length = 0; length < all.Length; length++)
        {
            var walk = new RecordBatchEnumerator(all.AsSpan(0, length));
            var seen = 0;
            while (walk.MoveNext())
            {
                seen++;
            }

            Assert.Equal(ends.Count(end => end <= length), seen);
            Assert.Equal(
                length == 0 || ends.Contains(length) ? RecordBatchError.None : RecordBatchError.Truncated, walk.Error);
            Assert.Equal(ends.Where(end => end <= length).DefaultIfEmpty().Max(), walk.EndBytes);
            Assert.False(walk.MoveNext());
        }
    }

    [Theory]
    [InlineData(-1, RecordBatchError.InvalidLength)]
    [InlineData(int.MinValue, RecordBatchError.InvalidLength)]
    [InlineData(0, RecordBatchError.InvalidLength)]
    [InlineData(48, RecordBatchError.InvalidLength)]
    [InlineData(49, RecordBatchError.None)]
    [InlineData(50, RecordBatchError.Truncated)]
    [InlineData(int.MaxValue, RecordBatchError.Truncated)]
    public void A_hostile_length_is_a_typed_error(int batchLength, RecordBatchError expected)
    {
        var bytes = new byte[61];
        new RecordBatchHeader { Magic = 2, BatchLength = batchLength }.Write(bytes);

        var walk = new RecordBatchEnumerator(bytes);

        Assert.Equal(expected == RecordBatchError.None, walk.MoveNext());
        Assert.Equal(expected, walk.Error);
    }

    [Fact]
    public void A_loop_can_walk_batches()
    {
        var offsets = new List<long>();
        foreach (var header in new RecordBatchEnumerator([.. EmptyBatch.Build(3, 4), .. EmptyBatch.Build(5, 9)]))
        {
            offsets.Add(header.LastOffset);
        }

        Assert.Equal([4, 9], offsets);
    }

    private static byte[] Concatenate(out byte[][] batches)
    {
        string[] names = ["python-kafka-none", "python-kafka-gzip", "librdkafka-snappy"];
        batches = [.. names.Select(GoldenBatches.Read), EmptyBatch.Build(7, 8)];
        return [.. batches.SelectMany(b => b)];
    }
}
