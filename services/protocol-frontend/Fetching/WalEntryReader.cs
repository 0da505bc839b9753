using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Records;
using Spillway.Rpc.Metadata;
using Spillway.Storage.Wal;
using Spillway.Storage.Wal.Reading;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>
/// Reads index entries from WAL volumes. The batches lie there as clients sent them; their base offsets are put in place here (the CRC
/// does not cover them), and they are kept in the tail cache for the next one who asks.
/// </summary>
internal sealed class WalEntryReader(WalSegmentReader segments, TailCache cache)
{
    /// <summary>
    /// Adds the entry's batches from <paramref name="offset"/> on to what was read. Returns the offset after the last batch added.
    /// Throws <see cref="WalReadException"/>.
    /// </summary>
    public async ValueTask<long> ReadAsync(
        LogId logId, LocatedEntry located, long offset, PartitionReadState read, CancellationToken cancellationToken)
    {
        var (entry, location, isCurrent) = located;
        var segment = new WalSegmentName(
            entry.ContainerId, location.WriterId, new WalSegmentLocation(location.Volume, location.Path));
        using var buffer = await segments.ReadAsync(
            new WalRead(segment, entry.Position, checked((int)entry.Length)) { IsConfirmed = isCurrent }, cancellationToken)
            .ConfigureAwait(false);
        return AddBatches(logId, entry, buffer, offset, read);
    }

    private long AddBatches(LogId logId, IndexEntry entry, SharedBuffer buffer, long offset, PartitionReadState read)
    {
        CheckOffsets(logId, entry, buffer.Span);
        var position = 0;
        var baseOffset = entry.BaseOffset;
        var next = offset;
        while (position < buffer.Length && RecordBatchHeader.TryRead(buffer.Span[position..], out var header))
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

        return next;
    }

    /// <summary>Before anything is given out: intact batches that are not the entry's offsets would be given offsets of others.</summary>
    private static void CheckOffsets(LogId logId, IndexEntry entry, ReadOnlySpan<byte> batches)
    {
        var endOffset = entry.BaseOffset;
        while (RecordBatchHeader.TryRead(batches, out var header))
        {
            endOffset += header.LastOffsetDelta + 1L;
            batches = batches[(int)header.TotalLength..];
        }

        if (endOffset != entry.LastOffset + 1)
        {
            throw new WalReadException(
                WalReadFailure.Corrupt,
                $"{logId} offsets {entry.BaseOffset}-{entry.LastOffset} in segment {entry.ContainerId}: the batches end at {endOffset}");
        }
    }
}
