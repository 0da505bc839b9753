using Spillway.Kafka.Buffers;
using Spillway.Kafka.Records;
using Spillway.Metadata.Log;
using Spillway.Metadata.Objects;
using Spillway.Metadata.Partitions;
using Spillway.Rpc.Metadata;
using Spillway.Storage.Objects;
using Spillway.Storage.Objects.Format;

namespace Spillway.Metadata.Restoring;

/// <summary>
/// Empty batches, in objects of the new incarnation, over offsets that have nothing behind them any more: those that may have been given out
/// after the last that is known, and those of lost WAL segments. A consumer that stands on one goes on behind it.
/// </summary>
internal sealed class OffsetCovers(MetadataState state, IObjectStore store, RestoreReport report)
{
    /// <summary>
    /// By how much the offsets of every partition are moved on: more than it can have been given between a copy and a loss, 100,000 a second
    /// for three hours, and within what clients take for the offsets of one batch.
    /// </summary>
    public const long OffsetsSkipped = 1L << 30;

    private const int LogsPerObject = 10_000;

    private readonly BufferPool _pool = new(16 << 20);
    private readonly List<string> _lost = [];
    private long _lostOffsets;
    private long _keptBytes;

    /// <summary>Covers what lay in the lost segments, and moves every log on.</summary>
    public async Task PutAsync(IReadOnlySet<long> lostSegments, CancellationToken cancellationToken)
    {
        var logs = state.Topics.Existing.SelectMany(static topic => topic.Partitions).OrderBy(static log => log.Id.Value);
        foreach (var some in logs.Chunk(LogsPerObject))
        {
            await PutAsync(some, lostSegments, cancellationToken);
        }

        _keptBytes = state.Containers.Segments.Where(s => !lostSegments.Contains(s.Id)).Sum(static s => s.LiveBytes);
        report.Add($"{_lostOffsets} offsets are lost with WAL segments that are not there.", _lost);
        report.Add($"{_keptBytes} bytes are in WAL segments that are there, and will be drained.");
        report.Add($"Every partition goes on {OffsetsSkipped} offsets further on, behind all that may have been given out after the copy.");
    }

    private async Task PutAsync(PartitionLog[] logs, IReadOnlySet<long> lostSegments, CancellationToken cancellationToken)
    {
        var id = ++state.Containers.LastObjectId;
        var data = new DataObject(id, ObjectCommits.KeyOf(id, state.ClusterId, state.Containers.Incarnation), 0);

        // A block for each batch: none may lie in two entries, and a lost WAL's cover is next to the one behind the end.
        using var writer = new ObjectWriter(id, ObjectKind.Mixed, dataBlockBytesTarget: 1);
        state.Containers.Add(data);
        foreach (var log in logs)
        {
            CoverWal(log, data, writer, lostSegments);
            Cover(log, data, writer, log.NextOffset, log.NextOffset + OffsetsSkipped - 1, null);
            log.NextOffset += OffsetsSkipped;
        }

        var payload = writer.Complete(_pool);
        data.SizeBytes = payload.LengthBytes;
        await store.PutAsync(data.Key, payload, PutMode.CreateNew, cancellationToken);
        state.Containers.Close(data, ObjectState.Committed);
    }

    private void CoverWal(PartitionLog log, DataObject data, ObjectWriter writer, IReadOnlySet<long> lostSegments)
    {
        for (var cursor = log.Index.FindWal(); !log.Index.IsEnd(cursor);)
        {
            if (!IsLost(log.Index[cursor], lostSegments))
            {
                cursor = log.Index.Next(cursor);
                continue;
            }

            var (first, start, last, count) = (cursor, log.Index[cursor].BaseOffset, 0L, 0);
            for (; !log.Index.IsEnd(cursor) && IsLost(log.Index[cursor], lostSegments)
                && log.Index[cursor].LastOffset - start < EmptyBatch.OffsetsMax; cursor = log.Index.Next(cursor))
            {
                last = log.Index[cursor].LastOffset;
                count++;
            }

            _lostOffsets += last - start + 1;
            _lost.Add($"{log.Topic.Name}-{log.Partition} {start} to {last}");
            Cover(log, data, writer, start, last, (first, count));
            cursor = log.Index.Find(last + 1);
        }
    }

    private static bool IsLost(in BatchIndexEntry entry, IReadOnlySet<long> lostSegments) =>
        entry.Kind == ContainerKind.WalSegment && lostSegments.Contains(entry.ContainerId);

    private void Cover(
        PartitionLog log, DataObject data, ObjectWriter writer, long first, long last, (IndexCursor First, int Count)? replaced)
    {
        using var batch = _pool.Rent(EmptyBatch.BatchBytes);
        EmptyBatch.Write(batch.Span, first, last);
        var position = writer.DataBytes;
        writer.Append(log.Id, first, last, batch, 0, EmptyBatch.BatchBytes);
        var entry = new BatchIndexEntry(
            first, last, RecordBatchLayout.NoTimestamp, ContainerKind.Object, data.Id, position, EmptyBatch.BatchBytes, log.RewriteVersion);
        IndexRewrite.Put(state, log, entry, replaced);
    }
}
