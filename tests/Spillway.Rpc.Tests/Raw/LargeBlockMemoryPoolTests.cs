namespace Spillway.Rpc.Tests.Raw;

public class LargeBlockMemoryPoolTests
{
    [Fact]
    public void A_returned_block_is_given_out_again_and_a_second_return_does_nothing()
    {
        using var pool = new LargeBlockMemoryPool(4096, 4096 * 4);
        var first = pool.Rent();
        Assert.Equal(4096, first.Memory.Length);
        first.Memory.Span[0] = 42;
        first.Dispose();
        first.Dispose();

        using var again = pool.Rent(100);
        using var fresh = pool.Rent();

        Assert.Equal(42, again.Memory.Span[0]);
        Assert.False(again.Memory.Equals(fresh.Memory));
        Assert.Throws<ObjectDisposedException>(() => first.Memory);
    }

    [Fact]
    public void Free_blocks_are_kept_up_to_the_bound()
    {
        using var pool = new LargeBlockMemoryPool(4096, 4096 * 4);
        var blocks = Enumerable.Range(0, 10).Select(_ => pool.Rent()).ToList();

        blocks.ForEach(block => block.Dispose());

        Assert.Equal(4096 * 4, pool.RetainedBytes);
    }

    [Fact]
    public void More_than_a_block_is_refused()
    {
        using var pool = new LargeBlockMemoryPool(4096, 4096);

        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(4097));
    }
}
