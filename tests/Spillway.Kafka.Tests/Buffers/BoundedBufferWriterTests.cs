using Spillway.Kafka.Buffers;
using Xunit;

namespace Spillway.Kafka.Tests.Buffers;

public sealed class BoundedBufferWriterTests
{
    [Fact]
    public void It_grows_up_to_its_limit_and_keeps_what_was_written()
    {
        var pool = new BufferPool(0);
        using var writer = new BoundedBufferWriter(pool, 100_000);
        var expected = new byte[100_000];
        new Random(7).NextBytes(expected);

        var written = 0;
        while (writer.TryGetRoom(777, out var room))
        {
            var take = Math.Min(room.Length, Math.Min(777, expected.Length - written));
            expected.AsSpan(written, take).CopyTo(room);
            writer.Advance(take);
            written += take;
        }

        Assert.Equal(100_000, writer.WrittenBytes);
        Assert.True(expected.AsSpan().SequenceEqual(writer.WrittenSpan));
        Assert.True(expected.AsSpan().SequenceEqual(writer.WrittenMemory.Span));
    }

    [Fact]
    public void Beyond_the_limit_it_refuses()
    {
        using var writer = new BoundedBufferWriter(new BufferPool(0), 10);

        Assert.Equal(10, writer.GetSpan(10).Length);
        Assert.Throws<InvalidOperationException>(() => writer.GetSpan(11).Length);
        Assert.Throws<InvalidOperationException>(() => writer.GetMemory(11));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Advance(11));
        writer.Advance(10);
        Assert.False(writer.TryGetRoom(1, out _));
    }

    [Fact]
    public void Disposal_returns_the_array()
    {
        var pool = new BufferPool(1 << 20);
        var writer = new BoundedBufferWriter(pool, 1 << 20);
        writer.GetSpan(5000);
        writer.Advance(5000);
        writer.GetSpan(50_000);

        writer.Dispose();
        writer.Dispose();

        Assert.Equal(0, pool.RentedBytes);
        Assert.Equal(0, writer.WrittenBytes);
    }
}
