using Spillway.Kafka.Buffers;
using Spillway.Kafka.Compression;
using static Spillway.Kafka.Records.RecordBatchLayout;

namespace Spillway.Kafka.Records;

/// <summary>
/// A batch whose records can be read: uncompressed where it lies, or decompressed into a pooled buffer that disposal
/// returns. One owner.
/// </summary>
public readonly ref struct OpenedRecordBatch : IDisposable
{
    /// <summary>
    /// What a batch may decompress to unless the caller says otherwise: 64 MiB, above what a consumer would take
    /// from one batch and below what hurts a server.
    /// </summary>
    public const int DecompressedBytesMaxDefault = 64 << 20;

    private readonly ReadOnlySpan<byte> _records;
    private readonly BoundedBufferWriter? _decompressed;

    private OpenedRecordBatch(scoped in RecordBatchHeader header, ReadOnlySpan<byte> records, BoundedBufferWriter? decompressed)
    {
        Header = header;
        _records = records;
        _decompressed = decompressed;
    }

    /// <summary>The header.</summary>
    public RecordBatchHeader Header { get; }

    /// <summary>The records' bytes, uncompressed.</summary>
    public ReadOnlySpan<byte> RecordBytes => _decompressed is null ? _records : _decompressed.WrittenSpan;

    /// <summary>A reader from the first record.</summary>
    public RecordReader Records => new(Header, RecordBytes);

    /// <summary>
    /// Opens the batch at the start of <paramref name="batch"/>. Lengths and magic are checked, the CRC is not: whoever
    /// reads from a volume or a client has done that.
    /// </summary>
    public static RecordBatchError TryOpen(
        ReadOnlySpan<byte> batch,
        out OpenedRecordBatch opened,
        int decompressedBytesMax = DecompressedBytesMaxDefault,
        BufferPool? pool = null)
    {
        opened = default;
        var error = RecordBatchEnumerator.Read(batch, out var header);
        if (error != RecordBatchError.None)
        {
            return error;
        }

        var records = batch[HeaderBytes..(int)header.TotalLength];

        // A batch that log compaction or a gap cover left without records holds no compressed stream either.
        if (header.CompressionType == CompressionType.None || (header.RecordCount == 0 && records.IsEmpty))
        {
            opened = new OpenedRecordBatch(header, records, null);
            return RecordBatchError.None;
        }

        var decompressed = new BoundedBufferWriter(pool ?? BufferPool.Shared, decompressedBytesMax);
        var status = Codecs.Decompress(header.CompressionType, records, decompressed);
        if (status == CodecStatus.Ok)
        {
            opened = new OpenedRecordBatch(header, default, decompressed);
            return RecordBatchError.None;
        }

        decompressed.Dispose();
        return status switch
        {
            CodecStatus.Unavailable => RecordBatchError.UnsupportedCompression,
            CodecStatus.TooLarge => RecordBatchError.DecompressedTooLarge,
            _ => RecordBatchError.CorruptCompression,
        };
    }

    /// <summary>As <see cref="TryOpen"/> for bytes of our own, where an error means that a store is broken.</summary>
    /// <exception cref="CorruptRecordException">The batch cannot be opened.</exception>
    public static OpenedRecordBatch Open(
        ReadOnlySpan<byte> batch, int decompressedBytesMax = DecompressedBytesMaxDefault, BufferPool? pool = null)
    {
        var error = TryOpen(batch, out var opened, decompressedBytesMax, pool);
        return error == RecordBatchError.None
            ? opened
            : throw new CorruptRecordException(error, $"A batch of {batch.Length} bytes cannot be opened");
    }

    /// <summary>Returns the pooled buffer; records read from it are gone.</summary>
    public void Dispose() => _decompressed?.Dispose();
}
