using System.Buffers;
using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Storage.Objects;
using Spillway.Storage.Objects.Format;
using Spillway.Testing.Objects;
using Spillway.Testing.Records;
using Xunit;

namespace Spillway.Storage.Tests.Objects.Format;

public sealed class ObjectFormatTests
{
    private static readonly LogId LogA = new(3);
    private static readonly LogId LogB = new(900_000_000_000);
    private readonly InMemoryObjectStore _store = new();
    private readonly BufferPool _pool = new(1 << 20);
    private readonly int _seed = Environment.TickCount;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_batch_lies_in_the_block_that_the_index_names_for_its_offsets()
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {_seed}");
        var random = new Random(_seed);
        using var builder = new ObjectBuilder(random, 4000);
        foreach (var logId in new[] { LogA, LogB })
        {
            var next = 5_000_000_000_000L;
            for (var i = 0; i < 40; i++)
            {
                next = builder.Append(logId, next, random.Next(1, 1500), random.Next(1, 9), random.Next(1, 9));
                next += i % 10 == 9 ? 100 : 0;
            }
        }

        var index = await PutAndOpenAsync(builder);

        foreach (var (logId, baseOffset, lastOffset, bytes) in builder.Batches)
        {
            foreach (var offset in new[] { baseOffset, lastOffset })
            {
                var entry = index.Entries[index.FindBlock(logId, offset)];
                Assert.InRange(offset, entry.BaseOffset, entry.LastOffset);
                using var block = await new ObjectReader(_store, _pool).ReadBlockAsync("o", entry, Token);
                Assert.True(block.Span.IndexOf(bytes) >= 0);
            }
        }
    }

    [Fact]
    public async Task An_extent_is_a_run_of_offsets_and_is_whole_data_blocks()
    {
        using var builder = new ObjectBuilder(new Random(1), 2000);
        var next = builder.Append(LogA, 100, 500, 1, 2, 3);
        next = builder.Append(LogA, next, 500, 10, 10, 10, 10);
        var end = builder.Append(LogA, next + 50, 500, 1);
        builder.Append(LogB, 0, 500, 5);

        var index = await PutAndOpenAsync(builder);
        var extents = builder.Writer.Extents;

        Assert.Equal([(LogA, 100L, next - 1), (LogA, next + 50, end - 1), (LogB, 0L, 4L)],
            extents.Select(e => (e.LogId, e.BaseOffset, e.LastOffset)));
        foreach (var extent in extents)
        {
            var blocks = index.Entries.ToArray().Where(e => e.LogId == extent.LogId
                && e.BaseOffset >= extent.BaseOffset && e.LastOffset <= extent.LastOffset).ToArray();
            Assert.Equal(extent.Position, blocks[0].Position);
            Assert.Equal(extent.LengthBytes, blocks.Sum(b => b.SizeBytes));
            Assert.Equal(extent.MaxTimestamp, blocks.Max(b => b.MaxTimestamp));
            Assert.Equal(extent.LastOffset, blocks[^1].LastOffset);
        }

        Assert.Equal(6 + 40 + 1 + 5, index.Entries.ToArray().Sum(e => e.RecordCount));
    }

    [Fact]
    public async Task A_batch_larger_than_a_data_block_is_one_of_its_own()
    {
        using var builder = new ObjectBuilder(new Random(1), 1000);
        builder.Append(LogA, 0, 5000, 1, 1);

        var index = await PutAndOpenAsync(builder);

        Assert.Equal([(0L, 0L), (1L, 1L)], index.Entries.ToArray().Select(e => (e.BaseOffset, e.LastOffset)));
    }

    [Fact]
    public async Task An_index_larger_than_the_tail_takes_a_second_read()
    {
        using var builder = new ObjectBuilder(new Random(1), 1);
        var next = 0L;
        for (var i = 0; i < 150; i++)
        {
            next = builder.Append(LogA, next, 1, [.. Enumerable.Repeat(1, 10)]);
        }

        var index = await PutAndOpenAsync(builder);

        Assert.Equal(1500, index.Entries.Length);
        Assert.Equal(2, _store.CountRequests(ObjectRequestKind.Get));
        Assert.Equal(1234, index.Entries[index.FindBlock(LogA, 1234)].BaseOffset);
    }

    [Fact]
    public async Task An_offset_in_a_gap_leads_to_the_next_block_and_one_past_the_end_to_none()
    {
        using var builder = new ObjectBuilder(new Random(1), 1000);
        builder.Append(LogA, 10, 100, 5);
        builder.Append(LogA, 100, 100, 5);
        builder.Append(LogB, 0, 100, 5);

        var index = await PutAndOpenAsync(builder);

        Assert.Equal(0, index.FindBlock(LogA, 0));
        Assert.Equal(1, index.FindBlock(LogA, 15));
        Assert.Equal(-1, index.FindBlock(LogA, 105));
        Assert.Equal(-1, index.FindBlock(new LogId(4), 0));
        Assert.Equal(2, index.FindBlock(LogB, 0));
        Assert.Equal(-1, index.FindBlock(new LogId(1), 0));
    }

    [Fact]
    public void A_damaged_batch_is_refused_before_anything_is_changed()
    {
        using var builder = new ObjectBuilder(new Random(1), 1000);
        var bytes = new[] { TestBatch.Create(new Random(1), 100, 2), TestBatch.Create(new Random(2), 100, 2) }.SelectMany(b => b).ToArray();
        foreach (var position in new[] { 8, 16, 70, 161 + 8, 161 + 16, 161 + 25, 161 + 70 })
        {
            using var buffer = _pool.Rent(bytes.Length);
            bytes.CopyTo(buffer.Span);
            buffer.Span[position] ^= 0x40;
            var before = buffer.Span.ToArray();

            Assert.Throws<CorruptBatchException>(() => builder.Writer.Append(LogA, 50, 53, buffer, 0, bytes.Length));

            Assert.Equal(before, buffer.Span.ToArray());
            Assert.Equal(0, builder.Writer.DataBytes);
            Assert.Empty(builder.Writer.Extents);
        }
    }

    [Theory]
    [InlineData(50, 52)]
    [InlineData(50, 54)]
    public void Batches_that_do_not_take_the_offsets_named_are_refused(long baseOffset, long lastOffset)
    {
        using var builder = new ObjectBuilder(new Random(1), 1000);
        var batch = TestBatch.Create(new Random(1), 100, 4);
        using var buffer = _pool.Rent(batch.Length);
        batch.CopyTo(buffer.Span);

        Assert.Throws<CorruptBatchException>(
            () => builder.Writer.Append(LogA, baseOffset, lastOffset, buffer, 0, batch.Length));
    }

    [Fact]
    public void Logs_and_offsets_out_of_order_are_refused()
    {
        using var builder = new ObjectBuilder(new Random(1), 1000);
        builder.Append(LogB, 10, 100, 5);

        Assert.Throws<ArgumentException>(() => builder.Append(LogB, 14, 100, 5));
        Assert.Throws<ArgumentException>(() => builder.Append(LogA, 0, 100, 5));
    }

    [Fact]
    public void Buffers_are_held_until_the_writer_is_disposed_and_no_longer()
    {
        var builder = new ObjectBuilder(new Random(1), 1000);
        builder.Append(LogA, 0, 10_000, 1);
        builder.Append(LogA, 1, 10_000, 1);
        builder.Complete();
        Assert.True(builder.Pool.RentedBytes > 0);

        builder.Dispose();

        Assert.Equal(0, builder.Pool.RentedBytes);
    }

    [Fact]
    public async Task Any_flipped_bit_is_a_typed_failure_or_does_not_show()
    {
        // Data blocks: the block's checksum. Index and footer: theirs. So every bit of the object is covered by one of three.
        using var builder = new ObjectBuilder(new Random(1), 300);
        builder.Append(LogA, 0, 50, 1, 2, 3);
        builder.Append(LogB, 0, 50, 1, 2, 3);
        var good = builder.Complete().Bytes.ToArray();
        for (var bit = 0; bit < good.Length * 8; bit++)
        {
            var bad = (byte[])good.Clone();
            bad[bit / 8] ^= (byte)(1 << (bit % 8));
            _store.Set("o", bad);

            await Assert.ThrowsAsync<ObjectCorruptException>(ReadAllAsync);
        }
    }

    [Fact]
    public async Task Any_truncation_and_any_garbage_is_a_typed_failure()
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {_seed}");
        var random = new Random(_seed);
        using var builder = new ObjectBuilder(random, 300);
        builder.Append(LogA, 0, 50, 1, 2, 3);
        var good = builder.Complete().Bytes.ToArray();
        for (var length = 0; length < good.Length; length++)
        {
            _store.Set("o", good[..length]);
            await Assert.ThrowsAsync<ObjectCorruptException>(ReadAllAsync);
            _store.Set("o", good[(good.Length - length)..]);
            await Assert.ThrowsAsync<ObjectCorruptException>(ReadAllAsync);
            var garbage = new byte[length];
            random.NextBytes(garbage);
            _store.Set("o", garbage);
            await Assert.ThrowsAsync<ObjectCorruptException>(ReadAllAsync);
        }
    }

    [Fact]
    public void A_footer_that_promises_an_enormous_index_is_refused_before_memory_is_taken()
    {
        foreach (var footer in new[]
        {
            new ObjectFooter(ObjectKind.Mixed, 1, int.MaxValue, 0, (long)int.MaxValue * 64, 0),
            new ObjectFooter(ObjectKind.Mixed, 1, -1, 1064, -64, 0),
            new ObjectFooter(ObjectKind.Mixed, 1, 1, long.MaxValue, 64, 0),
            new ObjectFooter(ObjectKind.Mixed, 1, 1, -1000, 64, 0),
            new ObjectFooter(ObjectKind.Mixed, 1, 1, 0, 64, 0),
        })
        {
            var bytes = new byte[64];
            footer.Write(bytes);

            Assert.Throws<ObjectCorruptException>(() => ObjectFooter.Read("o", bytes, 1064));
        }
    }

    [Fact]
    public void An_index_with_a_right_checksum_and_impossible_entries_is_refused()
    {
        var good = new DataBlockEntry(LogA, 0, 9, 0, 100, 10, 0, 0);
        foreach (var second in new[]
        {
            good,
            good with { BaseOffset = 10, LastOffset = 19, Position = 50 },
            good with { BaseOffset = 5, LastOffset = 19, Position = 100 },
            good with { BaseOffset = 20, LastOffset = 19, Position = 100 },
            good with { BaseOffset = 10, LastOffset = 19, Position = 901 },
            good with { BaseOffset = 10, LastOffset = 19, Position = long.MaxValue, SizeBytes = long.MaxValue },
            good with { BaseOffset = 10, LastOffset = 19, Position = 100, SizeBytes = 0 },
            good with { BaseOffset = 10, LastOffset = 19, Position = 100, SizeBytes = -1 },
            good with { BaseOffset = 10, LastOffset = 19, Position = -1 },
            good with { LogId = new LogId(1), Position = 100 },
            good with { LogId = new LogId(0), Position = 100 },
            good with { BaseOffset = 10, LastOffset = 19, Position = 100, RecordCount = -1 },
        })
        {
            var bytes = new byte[128];
            good.Write(bytes);
            second.Write(bytes.AsSpan(64));
            var footer = new ObjectFooter(ObjectKind.Mixed, 1, 2, 1000, 128, Kafka.Records.Crc32C.Compute(bytes));

            Assert.Throws<ObjectCorruptException>(() => ObjectIndex.Read("o", bytes, footer));
        }
    }

    [Fact]
    public async Task A_block_damaged_on_its_way_is_asked_for_again()
    {
        using var builder = new ObjectBuilder(new Random(1), 1000);
        builder.Append(LogA, 0, 100, 5);
        var index = await PutAndOpenAsync(builder);
        var faulty = new FaultyObjectStore(_store);
        faulty.FailNext(ObjectRequestKind.Get, ObjectFault.Damaged);

        using var block = await new ObjectReader(faulty, _pool).ReadBlockAsync("o", index.Entries[0], Token);

        Assert.Equal(builder.Batches[0].Bytes, block.Span.ToArray());
    }

    private async Task<ObjectIndex> PutAndOpenAsync(ObjectBuilder builder)
    {
        await _store.PutAsync("o", builder.Complete(), PutMode.CreateNew, Token);
        return await new ObjectReader(_store, _pool).ReadIndexAsync("o", Token);
    }

    private async Task ReadAllAsync()
    {
        var reader = new ObjectReader(_store, _pool);
        var index = await reader.ReadIndexAsync("o", Token);
        for (var i = 0; i < index.Entries.Length; i++)
        {
            (await reader.ReadBlockAsync("o", index.Entries[i], Token)).Release();
        }
    }
}
