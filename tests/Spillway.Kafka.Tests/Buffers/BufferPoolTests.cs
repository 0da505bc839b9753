using Spillway.Kafka.Buffers;
using Xunit;

namespace Spillway.Kafka.Tests.Buffers;

public sealed class BufferPoolTests
{
    [Theory]
    [InlineData(0, 4096)]
    [InlineData(1, 4096)]
    [InlineData(4096, 4096)]
    [InlineData(4097, 8192)]
    [InlineData(1 << 20, 1 << 20)]
    [InlineData((1 << 20) + 1, 2 << 20)]
    [InlineData(64 << 20, 64 << 20)]
    [InlineData((64 << 20) + 1, (64 << 20) + 1)]
    public void A_buffer_has_exactly_the_length_asked_for_and_occupies_its_class(int length, int capacity)
    {
        var pool = new BufferPool(0);

        var buffer = pool.Rent(length);

        Assert.Equal(length, buffer.Length);
        Assert.Equal(length, buffer.Span.Length);
        Assert.Equal(length, buffer.Memory.Length);
        Assert.Equal(capacity, pool.RentedBytes);
        buffer.Release();
        Assert.Equal(0, pool.RentedBytes);
    }

    [Fact]
    public void An_array_is_used_again_after_its_last_release_and_not_before()
    {
        var pool = new BufferPool(1 << 20);
        var first = pool.Rent(5000);
        first.Span.Fill(7);
        first.AddRef();

        first.Release();
        var second = pool.Rent(5000);
        second.Span.Fill(9);
        Assert.Equal(7, first.Span[0]);
        first.Release();
        var third = pool.Rent(8192);

        Assert.Equal(7, third.Span[0]);
        Assert.Equal(0, pool.RetainedBytes);
    }

    [Fact]
    public void A_second_release_is_reported_and_does_not_return_the_array_twice()
    {
        var pool = new BufferPool(1 << 20);
        var buffer = pool.Rent(100);
        buffer.Release();

        Assert.Throws<InvalidOperationException>(buffer.Release);
        Assert.Throws<InvalidOperationException>(buffer.Dispose);

        Assert.Equal(4096, pool.RetainedBytes);
        Assert.Equal(0, pool.RentedBytes);
    }

    [Fact]
    public void A_released_buffer_gives_no_bytes_and_no_references()
    {
        var buffer = new BufferPool(1 << 20).Rent(100);
        buffer.Release();

        Assert.Throws<InvalidOperationException>(() => buffer.Memory);
        Assert.Throws<InvalidOperationException>(() => buffer.Span.Length);
        Assert.Throws<InvalidOperationException>(buffer.AddRef);
    }

    [Fact]
    public void Idle_bytes_never_pass_the_bound_and_the_hoarding_class_gives_way()
    {
        var pool = new BufferPool(64 << 10);
        var small = Enumerable.Range(0, 32).Select(_ => pool.Rent(4096)).ToArray();
        Array.ForEach(small, b => b.Release());
        Assert.Equal(64 << 10, pool.RetainedBytes);
        var large = pool.Rent(32 << 10);
        large.Span[0] = 42;

        large.Release();

        Assert.True(pool.RetainedBytes <= 64 << 10);
        var again = pool.Rent(32 << 10);
        Assert.Equal(42, again.Span[0]);
    }

    [Fact]
    public void A_buffer_longer_than_the_bound_is_not_kept()
    {
        var pool = new BufferPool(1000);

        pool.Rent(10).Release();

        Assert.Equal(0, pool.RetainedBytes);
    }

    [Fact]
    public async Task Owners_on_many_threads_never_share_an_array()
    {
        var pool = new BufferPool(8 << 20);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(() =>
        {
            var random = new Random(worker);
            for (var i = 0; i < 20_000; i++)
            {
                var buffer = pool.Rent(random.Next(1, 20_000));
                var mark = BitConverter.GetBytes(((long)worker << 32) | (uint)i);
                mark.AsSpan(0, Math.Min(8, buffer.Length)).CopyTo(buffer.Span);
                buffer.AddRef();
                buffer.Release();
                Assert.True(buffer.Span.StartsWith(mark.AsSpan(0, Math.Min(8, buffer.Length))));
                buffer.Release();
            }
        })));

        Assert.Equal(0, pool.RentedBytes);
        Assert.True(pool.RetainedBytes <= 8 << 20);
    }

    [Fact]
    public void A_rent_in_steady_state_allocates_the_handle_only()
    {
        var pool = new BufferPool(8 << 20);
        for (var i = 0; i < 100; i++)
        {
            pool.Rent(100_000).Release();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            pool.Rent(100_000).Release();
        }

        var perRent = (GC.GetAllocatedBytesForCurrentThread() - before) / 1000.0;
        Assert.InRange(perRent, 1, 64);
    }
}
