using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Records;
using Spillway.Rpc.Metadata;
using Spillway.Storage.Wal;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>
/// Reads index entries from WAL volumes. The batches lie there as clients sent them; their base offsets are put in place here (the CRC
/// does not cover them), and they are kept in the tail cache for the next one who asks.
/// </summary>
internal sealed class WalEntryReader(WalSegmentReader segments, TailCache cache, BufferPool pool)
{
    /// <summary>
    /// Adds the entry's batches from <paramref name="offset"/> on to what was read. Returns the offset after the last batch added.
    /// Throws <see cref="WalReadException"/>.
    /// </summary>
    public async ValueTask<long> ReadAsync(
        LogId logId, IndexEntry entry, ContainerLocation location, long offset, PartitionReadState read, CancellationToken cancellationToken)
    {
        using var buffer = pool.Rent(checked((int)entry.Length));
        var verifiedBytes = await segments.ReadAsync(
            new WalSegmentLocation(location.Volume, location.Path), entry.Position, entry.Length, buffer.Memory, cancellationToken)
            .ConfigureAwait(false);
        return AddBatches(logId, entry, buffer, verifiedBytes, offset, read);
    }

    private long AddBatches(LogId logId, IndexEntry entry, SharedBuffer buffer, int verifiedBytes, long offset, PartitionReadState read)
    {
        var position = 0;
        var baseOffset = entry.BaseOffset;
        var next = offset;
        while (position < verifiedBytes && RecordBatchHeader.TryRead(buffer.Span[position..verifiedBytes], out var header))
        {
            var batch = buffer.Memory.Slice(position, (int)header.TotalLength);
            RecordBatchBytes.SetBaseOffset(batch.Span, baseOffset);
            RecordBatchBytes.SetPartitionLeaderEpoch(batch.Span, 0);
            var lastOffset = baseOffset + header.LastOffsetDelta;
            cache.Add(logId, baseOffset, lastOffset, buffer, batch);
            if (lastOffset >= offset && !read.IsFull && read.TryAdd(batch, buffer))
            {
                next = lastOffset + 1;
            }

            position += batch.Length;
            baseOffset = lastOffset + 1;
        }

        return baseOffset == entry.LastOffset + 1
            ? next
            : throw new WalReadException(
                WalReadFailure.Corrupt,
                $"{logId} offsets {entry.BaseOffset}-{entry.LastOffset} in segment {entry.ContainerId}: the batches end at {baseOffset}");
    }
}
