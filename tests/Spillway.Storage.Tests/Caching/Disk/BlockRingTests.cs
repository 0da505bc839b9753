using Spillway.Kafka;
using Spillway.Storage.Caching;
using Spillway.Storage.Caching.Disk;
using Xunit;

namespace Spillway.Storage.Tests.Caching.Disk;

public sealed class BlockRingTests
{
    private const int BytesMax = 10_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(0)]
    public void Named_blocks_never_overlap_and_the_oldest_go_first(int fixedSeed)
    {
        var seed = fixedSeed == 0 ? Environment.TickCount : fixedSeed;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var ring = new BlockRing(BytesMax);
        var named = new List<(BlockKey Key, BlockPlace Place)>(); // oldest first
        for (var i = 0; i < 20_000; i++)
        {
            if (random.Next(200) == 0)
            {
                ring.Clear();
                named.Clear();
            }

            if (named.Count > 0 && random.Next(10) == 0)
            {
                var (key, place) = named[random.Next(named.Count)];
                ring.Forget(key, place);
                named.RemoveAll(known => known.Key == key);
            }

            var block = Key(i);
            var taken = Assert.NotNull(ring.Take(random.Next(1, 2_000), out var droppedCount));
            Assert.InRange(taken.Position, 0, BytesMax - taken.LengthBytes);
            var left = named.Where(known => ring.TryFind(known.Key, out _)).ToList();
            Assert.Equal(named[(named.Count - left.Count)..], left);
            Assert.InRange(droppedCount, named.Count - left.Count, int.MaxValue);
            Assert.DoesNotContain(left, known => Overlap(known.Place, taken));
            // No more than it needs: what does not reach into it stays, but for the end of the file that it does not fit.
            named = left;

            if (random.Next(5) > 0)
            {
                ring.Name(block, taken);
                Assert.True(ring.TryFind(block, out var place));
                Assert.Equal(taken, place);
                named.Add((block, taken));
            }

            Assert.Equal((named.Count, named.Sum(static known => (long)known.Place.LengthBytes)), (ring.Count, ring.SizeBytes));
        }
    }

    [Fact]
    public void The_room_is_used_up_before_anything_goes()
    {
        var ring = new BlockRing(BytesMax);
        for (var i = 0; i < 10; i++)
        {
            ring.Name(Key(i), ring.Take(1_000, out var none)!.Value);
            Assert.Equal(0, none);
        }

        Assert.Equal((10, (long)BytesMax), (ring.Count, ring.SizeBytes));
        Assert.NotNull(ring.Take(1_500, out var dropped));
        Assert.Equal((2, false, false, true), (dropped, ring.TryFind(Key(0), out _), ring.TryFind(Key(1), out _), ring.TryFind(Key(2), out _)));
    }

    [Fact]
    public void What_is_larger_than_all_has_no_place()
    {
        Assert.Null(new BlockRing(BytesMax).Take(BytesMax + 1, out _));
    }

    [Fact]
    public void What_was_being_written_when_all_was_forgotten_is_not_named()
    {
        var ring = new BlockRing(BytesMax);
        var place = ring.Take(100, out _)!.Value;

        ring.Clear();
        ring.Name(Key(1), place);

        Assert.False(ring.TryFind(Key(1), out _));
        Assert.Equal(0, ring.SizeBytes);
    }

    private static BlockKey Key(int number) => new("o", number, new LogId(1));

    private static bool Overlap(BlockPlace one, BlockPlace other) =>
        one.Position < other.Position + other.LengthBytes && other.Position < one.Position + one.LengthBytes;
}
