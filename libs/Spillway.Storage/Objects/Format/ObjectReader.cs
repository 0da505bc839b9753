using Spillway.Kafka.Buffers;
using static Spillway.Storage.Objects.Format.ObjectFormat;

namespace Spillway.Storage.Objects.Format;

/// <summary>Reads objects of a store, verified. Thread-safe, without state; caches lie above it.</summary>
public sealed class ObjectReader(IObjectStore store, BufferPool pool)
{
    /// <summary>Reads an object's index: one request, or two where it has very many data blocks.</summary>
    public Task<ObjectIndex> ReadIndexAsync(string key, CancellationToken cancellationToken) => ReadIndexAsync(key, null, cancellationToken);

    /// <summary>
    /// The same; the data blocks that came whole with the index, verified, are given to <paramref name="onBlock"/>, which takes them over.
    /// </summary>
    public async Task<ObjectIndex> ReadIndexAsync(
        string key, Action<DataBlockEntry, SharedBuffer>? onBlock, CancellationToken cancellationToken)
    {
        using var tail = pool.Rent(TailBytes);
        var (bytesRead, sizeBytes) = await store.ReadTailAsync(key, tail.Memory, cancellationToken);
        if (bytesRead < FooterBytes)
        {
            throw ObjectFooter.Corrupt(key, "it is shorter than a footer");
        }

        var footer = ObjectFooter.Read(key, tail.Span[(bytesRead - FooterBytes)..bytesRead], sizeBytes);
        var indexStart = bytesRead - FooterBytes - footer.IndexLengthBytes;
        if (indexStart >= 0)
        {
            var read = ObjectIndex.Read(key, tail.Span[(int)indexStart..(bytesRead - FooterBytes)], footer);
            if (onBlock is not null)
            {
                GiveBlocks(read, tail.Span[..(int)indexStart], footer.IndexPosition - indexStart, onBlock);
            }

            return read;
        }

        using var index = pool.Rent((int)footer.IndexLengthBytes);
        await store.ReadRangeAsync(key, footer.IndexPosition, index.Memory, cancellationToken);
        return ObjectIndex.Read(key, index.Span, footer);
    }

    /// <summary>Reads one data block; the caller owns the buffer. A damaged answer is asked for once more before the object is blamed.</summary>
    public async Task<SharedBuffer> ReadBlockAsync(string key, DataBlockEntry block, CancellationToken cancellationToken)
    {
        var buffer = pool.Rent((int)block.SizeBytes);
        try
        {
            if (!await TryReadAsync(key, block, buffer, cancellationToken)
                && !await TryReadAsync(key, block, buffer, cancellationToken))
            {
                throw ObjectFooter.Corrupt(key, $"its data block at {block.Position} has a wrong checksum");
            }

            return buffer;
        }
        catch
        {
            buffer.Release();
            throw;
        }
    }

    /// <summary>What is damaged is left out here: whoever wants it reads it by itself, and is told.</summary>
    private void GiveBlocks(
        ObjectIndex index, ReadOnlySpan<byte> bytes, long position, Action<DataBlockEntry, SharedBuffer> onBlock)
    {
        for (var i = index.Entries.Length - 1; i >= 0 && index.Entries[i].Position >= position; i--)
        {
            var block = index.Entries[i];
            var data = bytes.Slice((int)(block.Position - position), (int)block.SizeBytes);
            if (Kafka.Records.Crc32C.Compute(data) == block.Crc32C)
            {
                var buffer = pool.Rent(data.Length);
                data.CopyTo(buffer.Span);
                onBlock(block, buffer);
            }
        }
    }

    private async Task<bool> TryReadAsync(
        string key, DataBlockEntry block, SharedBuffer buffer, CancellationToken cancellationToken)
    {
        await store.ReadRangeAsync(key, block.Position, buffer.Memory, cancellationToken);
        return Kafka.Records.Crc32C.Compute(buffer.Span) == block.Crc32C;
    }
}
