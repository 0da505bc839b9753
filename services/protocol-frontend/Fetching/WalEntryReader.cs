using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Records;
using Spillway.Rpc.Metadata;
using Spillway.Storage.Wal;
using Spillway.Storage.Wal.Reading;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>
/// Reads index entries from WAL volumes. The batches lie there as clients sent them; their base offsets are put in place here (the CRC
/// does not cover them), and they are kept in the tail cache for the next one who asks. Of those who catch up only so many read at a time, that
/// a read of the tail finds a free thread.
/// </summary>
internal sealed class WalEntryReader(WalSegmentReader segments, TailCache cache, int behindReadsMax = WalEntryReader.BehindReadsDefault)
    : IDisposable
{
    private const int BehindReadsDefault = 4;

    private readonly SemaphoreSlim _behindReads = new(behindReadsMax);

    /// <summary>The entry's batches with their offsets in place, in a buffer that is the caller's. Throws <see cref="WalReadException"/>.</summary>
    public async Task<SharedBuffer> LoadAsync(LogId logId, LocatedEntry located, CancellationToken cancellationToken)
    {
        var entry = located.Entry;
        var buffer = await ReadAsync(located, cancellationToken).ConfigureAwait(false);
        try
        {
            CheckOffsets(logId, entry, buffer.Span);
            PlaceOffsets(logId, located, buffer);
            return buffer;
        }
        catch
        {
            buffer.Release();
            throw;
        }
    }

    public void Dispose() => _behindReads.Dispose();

    private async ValueTask<SharedBuffer> ReadAsync(LocatedEntry located, CancellationToken cancellationToken)
    {
        var (entry, location, isCurrent, isBehind) = located;
        var segment = new WalSegmentName(
            entry.ContainerId, location.WriterId, new WalSegmentLocation(location.Volume, location.Path));
        var read = new WalRead(segment, entry.Position, checked((int)entry.Length)) { IsConfirmed = isCurrent };
        if (!isBehind)
        {
            return await segments.ReadAsync(read, cancellationToken).ConfigureAwait(false);
        }

        await _behindReads.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await segments.ReadAsync(read, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _behindReads.Release();
        }
    }

    private void PlaceOffsets(LogId logId, LocatedEntry located, SharedBuffer buffer)
    {
        var position = 0;
        var baseOffset = located.Entry.BaseOffset;
        while (position < buffer.Length && RecordBatchHeader.TryRead(buffer.Span[position..], out var header))
        {
            var batch = buffer.Memory.Slice(position, (int)header.TotalLength);
            RecordBatchBytes.SetBaseOffset(batch.Span, baseOffset);
            RecordBatchBytes.SetPartitionLeaderEpoch(batch.Span, 0);
            var lastOffset = baseOffset + header.LastOffsetDelta;
            cache.Add(logId, baseOffset, lastOffset, buffer, batch, located.IsBehind);
            position += batch.Length;
            baseOffset = lastOffset + 1;
        }
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
