using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.ProtocolFrontend.Fetching;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Fetching;

public sealed class TailCacheTests
{
    private static readonly LogId Log = new(1);

    private readonly BufferPool _pool = new(1 << 20);

    [Fact]
    public void Consecutive_batches_are_read_from_the_one_that_holds_the_offset()
    {
        using var cache = new TailCache(1 << 20, _pool);
        Add(cache, 0, 9, 100);
        Add(cache, 10, 19, 100);
        Add(cache, 20, 29, 100);

        var (next, bytes) = Read(cache, 15, 30, 1 << 20);

        Assert.Equal(30, next);
        Assert.Equal(200, bytes);
    }

    [Fact]
    public void A_gap_ends_the_read()
    {
        using var cache = new TailCache(1 << 20, _pool);
        Add(cache, 0, 9, 100);
        Add(cache, 20, 29, 100);

        Assert.Equal(10, Read(cache, 0, 30, 1 << 20).Next);
        Assert.Equal(12, Read(cache, 12, 30, 1 << 20).Next);
    }

    [Fact]
    public void Nothing_at_or_above_the_end_offset_is_given_out()
    {
        using var cache = new TailCache(1 << 20, _pool);
        Add(cache, 0, 9, 100);
        Add(cache, 10, 19, 100);

        Assert.Equal(10, Read(cache, 0, 10, 1 << 20).Next);
    }

    [Fact]
    public void Batches_added_out_of_order_are_read_in_order()
    {
        using var cache = new TailCache(1 << 20, _pool);
        Add(cache, 20, 29, 100);
        Add(cache, 0, 9, 100);
        Add(cache, 10, 19, 100);

        Assert.Equal(30, Read(cache, 0, 30, 1 << 20).Next);
    }

    [Fact]
    public void The_byte_limit_cuts_after_the_first_batch()
    {
        using var cache = new TailCache(1 << 20, _pool);
        Add(cache, 0, 9, 100);
        Add(cache, 10, 19, 100);

        Assert.Equal((10, 100), Read(cache, 0, 20, 50));
    }

    [Fact]
    public void The_oldest_batches_leave_when_the_bytes_are_used_up()
    {
        using var cache = new TailCache(64 << 10, _pool);
        for (var i = 0; i < 10; i++)
        {
            Add(cache, i, i, 16 << 10);
        }

        Assert.InRange(cache.ChargedBytes, 1, 64 << 10);
        Assert.Equal(0, Read(cache, 0, 10, 1 << 20).Next);
        Assert.Equal(10, Read(cache, 9, 10, 1 << 20).Next);
    }

    [Fact]
    public void Those_who_catch_up_push_a_quarter_of_the_tail_out_and_no_more()
    {
        using var cache = new TailCache(64 << 10, _pool);
        for (var i = 100; i < 104; i++)
        {
            Add(cache, i, i, 16 << 10);
        }

        for (var i = 0; i < 50; i++)
        {
            Add(cache, i, i, 16 << 10, isBehind: true);
        }

        Assert.Equal(104, Read(cache, 101, 104, 1 << 20).Next);
        Assert.Equal(50, Read(cache, 49, 50, 1 << 20).Next);
        Assert.Equal(64 << 10, cache.ChargedBytes);
    }

    [Fact]
    public void Where_the_tail_leaves_room_those_who_catch_up_have_it_until_the_tail_wants_it()
    {
        using var cache = new TailCache(64 << 10, _pool);
        for (var i = 0; i < 50; i++)
        {
            Add(cache, i, i, 16 << 10, isBehind: true);
        }

        Assert.Equal(50, Read(cache, 46, 50, 1 << 20).Next);
        for (var i = 100; i < 110; i++)
        {
            Add(cache, i, i, 16 << 10);
        }

        Assert.Equal(110, Read(cache, 107, 110, 1 << 20).Next);
        Assert.Equal(50, Read(cache, 49, 50, 1 << 20).Next);
        Assert.Equal(46, Read(cache, 46, 50, 1 << 20).Next);
    }

    [Fact]
    public void All_buffers_go_back_to_the_pool()
    {
        using (var cache = new TailCache(1 << 20, _pool))
        {
            for (var i = 0; i < 50; i++)
            {
                Add(cache, i, i, i * 997, isBehind: i % 3 == 0);
            }
        }

        Assert.Equal(0, _pool.RentedBytes);
    }

    private void Add(TailCache cache, long baseOffset, long lastOffset, int bytes, bool isBehind = false)
    {
        using var owner = _pool.Rent(bytes);
        cache.Add(Log, baseOffset, lastOffset, owner, owner.Memory, isBehind);
    }

    private static (long Next, long Bytes) Read(TailCache cache, long offset, long endOffset, int bytesMax)
    {
        using var lease = new ReadLease();
        var read = new PartitionReadState(new ReadBudget(bytesMax), lease, bytesMax);
        return (cache.Read(Log, offset, endOffset, read), read.Batches.Bytes);
    }
}
