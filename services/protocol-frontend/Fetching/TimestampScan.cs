using Spillway.Kafka;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Records;
using Spillway.ProtocolFrontend.Tails;
using Spillway.Rpc.Metadata;
using Spillway.Storage.Objects;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>
/// The last step of ListOffsets by time: metadata names the index entry in which the first record at or after a time lies; here its batches
/// are read until that record is found.
/// </summary>
internal sealed class TimestampScan(PartitionViews views, PartitionReader reader, EntryReader entries)
{
    // Of an object, the data block that has the record: what is read behind it is read for nothing.
    private const int StepBytes = 512 << 10;

    /// <summary>The record, or none where all that are late enough lie below <paramref name="logStartOffset"/>.</summary>
    public async ValueTask<(ErrorCode Error, TimestampedOffset? Found)> FindAsync(
        LogId logId, IndexEntry entry, long timestampMs, long logStartOffset, CancellationToken cancellationToken)
    {
        var view = views.Get(logId);
        var offset = await SeekAsync(logId, entry, timestampMs, Math.Max(entry.BaseOffset, logStartOffset), cancellationToken)
            .ConfigureAwait(false);
        while (offset <= entry.LastOffset)
        {
            using var lease = new ReadLease();
            var read = new PartitionReadState(new ReadBudget(StepBytes), lease, StepBytes);
            var error = await reader.ReadAsync(view, offset, entry.LastOffset + 1, read, null, cancellationToken).ConfigureAwait(false);
            if (error != ErrorCode.None || read.Batches.IsEmpty)
            {
                return (error == ErrorCode.None ? ErrorCode.KafkaStorageError : error, null);
            }

            foreach (var piece in read.Batches.ToSequence())
            {
                var (found, corrupt) = FindIn(piece.Span, timestampMs, logStartOffset, ref offset);
                if (found is not null || corrupt)
                {
                    return (corrupt ? ErrorCode.CorruptMessage : ErrorCode.None, found);
                }
            }
        }

        return (ErrorCode.None, null);
    }

    // What is wrong with an object that has been replaced meanwhile, or is damaged, is the read's business.
    private async ValueTask<long> SeekAsync(
        LogId logId, IndexEntry entry, long timestampMs, long offset, CancellationToken cancellationToken)
    {
        try
        {
            return await entries.SeekAsync(logId, entry, timestampMs, offset, cancellationToken).ConfigureAwait(false);
        }
        catch (ObjectStoreException)
        {
            return offset;
        }
    }

    private static (TimestampedOffset? Found, bool Corrupt) FindIn(
        ReadOnlySpan<byte> batches, long timestampMs, long logStartOffset, ref long offset)
    {
        while (RecordBatchHeader.TryRead(batches, out var header) && header.TotalLength <= batches.Length)
        {
            // Control batches count, as in Kafka: a marker that is still in the index and one that was folded into an object answer alike.
            if (header.MaxTimestamp >= timestampMs)
            {
                var error = TimestampLookup.Find(batches[..(int)header.TotalLength], timestampMs, logStartOffset, out var found);
                if (found is not null || error != RecordBatchError.None)
                {
                    return (found, error != RecordBatchError.None);
                }
            }

            offset = header.NextOffset;
            batches = batches[(int)header.TotalLength..];
        }

        return (null, false);
    }
}
