using System.Buffers;
using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Records;
using Spillway.Storage.Objects.Format;
using Spillway.Testing.Objects;
using Xunit;

namespace Spillway.Storage.Tests.Objects.Format;

/// <summary>
/// The golden object was made by an encoder that shares no code with ours, and is never made again: what it holds stays readable, and what
/// we write stays that.
/// </summary>
public sealed class ObjectGoldenTests
{
    private const long Base = 1L << 40;
    private static readonly byte[] Golden = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Objects/Golden/object-v1.golden"));
    private readonly BufferPool _pool = new(1 << 20);

    [Fact]
    public async Task The_golden_object_reads_as_it_was_meant()
    {
        var index = await ReadIndexAsync();

        Assert.Equal((ObjectKind.Mixed, 123_456_789_012L, 3), (index.Footer.Kind, index.Footer.ObjectId, index.Footer.DataBlockCount));
        Assert.Equal(
            [
                (new LogId(3), Base, Base + 2, 0L, 157L, 3L, 1_700_000_000_000L),
                (new LogId(3), Base + 3, Base + 9, 157L, 151L, 7L, 1_700_000_000_500L),
                (new LogId(1L << 41), 0L, 0L, 308L, 61L, 1L, -1L),
            ],
            index.Entries.ToArray().Select(
                e => (e.LogId, e.BaseOffset, e.LastOffset, e.Position, e.SizeBytes, e.RecordCount, e.MaxTimestamp)));
        foreach (var entry in index.Entries.ToArray())
        {
            Assert.Equal(Crc32C.Compute(Golden.AsSpan((int)entry.Position, (int)entry.SizeBytes)), entry.Crc32C);
        }
    }

    [Fact]
    public async Task The_writer_writes_the_golden_object_byte_by_byte()
    {
        var index = await ReadIndexAsync();
        using var writer = new ObjectWriter(123_456_789_012, ObjectKind.Mixed, dataBlockBytesTarget: 160);
        foreach (var entry in index.Entries.ToArray())
        {
            using var buffer = _pool.Rent((int)entry.SizeBytes);
            Golden.AsSpan((int)entry.Position, (int)entry.SizeBytes).CopyTo(buffer.Span);
            RecordBatchBytes.SetBaseOffset(buffer.Span, 0); // As a client sends it.
            writer.Append(entry.LogId, entry.BaseOffset, entry.LastOffset, buffer, 0, buffer.Length);
        }

        Assert.Equal(Golden, writer.Complete(_pool).Bytes.ToArray());
    }

    private async Task<ObjectIndex> ReadIndexAsync()
    {
        var store = new InMemoryObjectStore();
        store.Set("golden", Golden);
        return await new ObjectReader(store, _pool).ReadIndexAsync("golden", TestContext.Current.CancellationToken);
    }
}
