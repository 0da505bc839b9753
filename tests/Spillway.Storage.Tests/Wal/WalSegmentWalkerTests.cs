using Spillway.Kafka;
using Spillway.Storage.Wal;
using Spillway.Storage.Wal.Reading;
using Xunit;

namespace Spillway.Storage.Tests.Wal;

public sealed class WalSegmentWalkerTests
{
    [Fact]
    public void A_walk_gives_every_batch_with_its_log()
    {
        using var context = new WalTestContext();
        using var segment = context.CreateSegment();
        WalTestContext.Append(segment, context.CreateBlock((5, 100), (6, 200)), 1);
        WalTestContext.Append(segment, context.CreateBlock((5, 10_000)), 2);

        using var walker = WalSegmentWalker.Open(context.Files, context.FullPath);
        var blocks = walker.Walk().ToList();

        Assert.Equal(WalTestContext.Header, walker.Header);
        Assert.Equal(
            [(1, 5, 0, 161), (1, 6, 161, 261), (2, 5, 0, 10_061)],
            blocks.SelectMany(b => b.Directory.Select(
                e => (b.Header.BlockSeq, e.LogId.Value, e.Position, e.LengthBytes))));
        Assert.All(blocks, b => Assert.True(b.IsPayloadIntact));
    }

    [Fact]
    public void A_torn_block_does_not_hide_the_ones_after_it()
    {
        using var context = new WalTestContext();
        using var segment = context.CreateSegment();
        var blocks = Enumerable.Range(1, 4).Select(_ => context.CreateBlock((1, 20_000))).ToArray();
        var positions = new List<long>();
        for (var i = 0; i < blocks.Length; i++)
        {
            WalTestContext.Append(segment, blocks[i], i + 1);
            positions.Add(blocks[i].Header.Position);
        }

        // Block 2 never arrived, block 3 has its head and half of its payload.
        using (var file = context.Memory.OpenWrite(context.FullPath, WalFlushMode.FdataSync))
        {
            file.Write([new byte[blocks[1].OccupiedBytes]], positions[1]);
            file.Write([new byte[8192]], positions[2] + 12_288);
        }

        using var walker = WalSegmentWalker.Open(context.Files, context.FullPath);

        Assert.Equal(
            [(1L, true), (3L, false), (4L, true)],
            walker.Walk().Select(b => (b.Header.BlockSeq, b.IsPayloadIntact)));
    }

    [Fact]
    public void A_block_that_belongs_elsewhere_is_not_taken_for_one_of_the_segment()
    {
        using var context = new WalTestContext();
        using var segment = context.CreateSegment();
        var block = context.CreateBlock((1, 100));
        WalTestContext.Append(segment, block, 1);
        using (var file = context.Memory.OpenWrite(context.FullPath, WalFlushMode.FdataSync))
        {
            var copy = new byte[4096];
            file.Read(copy, block.Header.Position);
            file.Write([copy], block.Header.EndPosition + 4096);
        }

        using var walker = WalSegmentWalker.Open(context.Files, context.FullPath);

        Assert.Single(walker.Walk());
    }

    [Fact]
    public void A_file_that_is_no_segment_is_refused()
    {
        using var context = new WalTestContext();
        context.CreateSegment().Dispose();
        using (var file = context.Memory.OpenWrite(context.FullPath, WalFlushMode.FdataSync))
        {
            file.Write([new byte[] { 1 }], 100);
        }

        Assert.Throws<WalReadException>(() => WalSegmentWalker.Open(context.Files, context.FullPath));
    }

    // Every single flipped bit in a head must be noticed: header and directory decide what a payload is taken for.
    [Fact]
    public void No_flipped_bit_in_a_head_goes_unnoticed()
    {
        using var context = new WalTestContext();
        using var segment = context.CreateSegment(segmentBytes: 16384);
        var block = context.CreateBlock((1, 100), (2, 100));
        WalTestContext.Append(segment, block, 1);
        var head = new byte[block.Header.HeadBytes];
        using var file = context.Memory.OpenWrite(context.FullPath, WalFlushMode.FdataSync);
        file.Read(head, block.Header.Position);

        for (var bit = 0; bit < head.Length * 8; bit++)
        {
            head[bit / 8] ^= (byte)(1 << (bit % 8));
            file.Write([head], block.Header.Position);
            using (var walker = WalSegmentWalker.Open(context.Files, context.FullPath))
            {
                Assert.Empty(walker.Walk());
            }

            head[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void The_golden_segment_reads_as_it_was_written()
    {
        using var walker = WalSegmentWalker.Open(
            PosixWalFileSystem.Instance, Path.Combine(AppContext.BaseDirectory, "Wal", "Golden", "segment-v1.golden"));
        var blocks = walker.Walk().ToList();

        Assert.Equal(WalTestContext.Header, walker.Header);
        Assert.Equal([1L, 2L], blocks.Select(b => b.Header.BlockSeq));
        Assert.All(blocks, b => Assert.True(b.IsPayloadIntact));
        Assert.Equal(
            [new WalDirectoryEntry(new LogId(11), 0, 161), new WalDirectoryEntry(new LogId(12), 161, 361)],
            blocks[0].Directory);
        Assert.Equal([new WalDirectoryEntry(new LogId(11), 0, 4161)], blocks[1].Directory);
    }

    [Fact]
    public void The_golden_segment_is_written_as_it_was()
    {
        using var context = new WalTestContext();
        using (var segment = context.CreateSegment(segmentBytes: 20_480))
        {
            WalTestContext.Append(segment, CreateGoldenBlock((11, 100), (12, 300)), 1);
            WalTestContext.Append(segment, CreateGoldenBlock((11, 4100)), 2);
        }

        using var file = context.Memory.OpenRead(context.FullPath, dropCachedPages: false);
        var bytes = new byte[file.GetLength()];
        file.Read(bytes, 0);

        Assert.Equal(
            File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Wal", "Golden", "segment-v1.golden")), bytes);

        // Bodies are zeros: a pseudo-random sequence is not promised to stay the same between runtimes.
        static WalBlock CreateGoldenBlock(params (long LogId, int BodyBytes)[] batches)
        {
            var block = new WalBlock();
            foreach (var (logId, bodyBytes) in batches)
            {
                block.Add(new LogId(logId), Testing.Records.TestBatch.Create(new ZeroRandom(), bodyBytes));
            }

            return block;
        }
    }

    private sealed class ZeroRandom : Random
    {
        public override void NextBytes(Span<byte> buffer) => buffer.Clear();
    }
}
