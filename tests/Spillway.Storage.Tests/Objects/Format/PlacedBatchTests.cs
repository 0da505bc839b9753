using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Records;
using Spillway.Storage.Caching;
using Spillway.Storage.Objects;
using Spillway.Storage.Objects.Format;
using Spillway.Testing.Objects;
using Spillway.Testing.Records;
using Xunit;

namespace Spillway.Storage.Tests.Objects.Format;

/// <summary>Objects in which log compaction left gaps between batches, written and read back.</summary>
public sealed class PlacedBatchTests : IDisposable
{
    private static readonly LogId Log = new(3);
    private readonly BufferPool _pool = new(1 << 20);
    private readonly InMemoryObjectStore _store = new();
    private readonly ObjectWriter _writer = new(7, ObjectKind.Partition, dataBlockBytesTarget: 1000);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _writer.Dispose();

    [Fact]
    public async Task A_read_in_a_gap_begins_with_the_next_batch()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        List<RecordBatchHeader> headers = [];
        var next = 100L;
        for (var call = 0; call < 20; call++)
        {
            var baseOffset = next;
            var batches = Enumerable.Range(0, random.Next(1, 6)).Select(_ => Place(random, ref next, random.Next(0, 4) * 10)).ToList();
            headers.AddRange(batches.Select(static batch => Header(batch)));
            Append(baseOffset, next - 1, [.. batches]);
        }

        var extent = Assert.Single(_writer.Extents);
        Assert.Equal((100, next - 1), (extent.BaseOffset, extent.LastOffset));
        using var fetcher = await StoreAsync();
        for (var offset = extent.BaseOffset; offset <= extent.LastOffset; offset++)
        {
            var expected = headers.First(header => header.LastOffset >= offset);
            using var fetched = await fetcher.ReadAsync("o", extent, offset, 1, isOneBatchOwed: true, Token);

            Assert.Equal(expected.BaseOffset, Header(fetched.Pieces[0].ToArray()).BaseOffset);
            Assert.Equal(expected.NextOffset, fetched.NextOffset);
        }
    }

    [Fact]
    public async Task An_extent_that_begins_or_ends_apart_from_the_last_one_shares_no_block_with_it()
    {
        var next = 10L;
        var first = Place(new Random(1), ref next, gap: 5);
        Append(10, next - 1, first);
        var end = next;
        next += 7;
        var begin = next;
        var second = Place(new Random(2), ref next, gap: 5);
        Append(begin, next - 1, second);

        Assert.Equal(2, _writer.Extents.Count);
        var extent = _writer.Extents[1];
        using var fetcher = await StoreAsync();
        using var fetched = await fetcher.ReadAsync("o", extent, begin, int.MaxValue, isOneBatchOwed: true, Token);
        Assert.Equal(second, fetched.Pieces.SelectMany(static piece => piece.ToArray()));
        Assert.True(end < begin);
    }

    /// <summary>Whoever has the object alone sees what was committed as one range, gaps at its begin and between its blocks included.</summary>
    [Fact]
    public async Task A_gap_before_a_block_is_the_blocks()
    {
        var random = new Random(3);
        var next = 100L;
        var batches = Enumerable.Range(0, 30).Select(_ => Place(random, ref next, gap: 7)).ToArray();
        Append(100, next - 1, batches);

        using var fetcher = await StoreAsync();
        var index = await new ObjectReader(_store, _pool).ReadIndexAsync("o", Token);

        var blocks = index.Entries.ToArray();
        Assert.True(blocks.Length > 1);
        Assert.Equal(100, blocks[0].BaseOffset);
        Assert.Equal(next - 1, blocks[^1].LastOffset);
        Assert.All(blocks.Zip(blocks.Skip(1)), static pair => Assert.Equal(pair.First.LastOffset + 1, pair.Second.BaseOffset));
    }

    [Fact]
    public void What_overlaps_or_does_not_end_where_the_extent_does_is_refused()
    {
        var next = 10L;
        var random = new Random(1);
        var first = Place(random, ref next, gap: 5);
        var second = Place(random, ref next, gap: 5);

        Assert.Throws<CorruptBatchException>(() => Append(10, next - 1, second, first));
        Assert.Throws<CorruptBatchException>(() => Append(10, next, first, second));
        Assert.Throws<CorruptBatchException>(() => Append(10, next - 2, first, second));
        Assert.Throws<CorruptBatchException>(() => Append(Header(first).BaseOffset + 1, next - 1, first, second));
        second[^1] ^= 1;
        Assert.Throws<CorruptBatchException>(() => Append(10, next - 1, first, second));
        Assert.Empty(_writer.Extents);
    }

    private static byte[] Place(Random random, ref long next, int gap)
    {
        var count = random.Next(1, 5);
        var batch = TestBatch.Create(random, random.Next(1, 400), count, maxTimestamp: next);
        RecordBatchBytes.SetBaseOffset(batch, next + gap);
        next += gap + count;
        return batch;
    }

    private static RecordBatchHeader Header(byte[] batch)
    {
        Assert.True(RecordBatchHeader.TryRead(batch, out var header));
        return header;
    }

    private void Append(long baseOffset, long lastOffset, params byte[][] batches)
    {
        var bytes = batches.SelectMany(static batch => batch).ToArray();
        using var buffer = _pool.Rent(bytes.Length);
        bytes.CopyTo(buffer.Span);
        _writer.AppendPlaced(Log, baseOffset, lastOffset, buffer, 0, bytes.Length);
    }

    private async Task<ObjectFetcher> StoreAsync()
    {
        await _store.PutAsync("o", _writer.Complete(_pool), PutMode.CreateNew, Token);
        return new ObjectFetcher(_store, _pool, new ObjectCacheOptions());
    }
}
