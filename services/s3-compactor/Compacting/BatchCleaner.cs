using Spillway.Kafka.Records;

namespace Spillway.S3Compactor.Compacting;

/// <summary>
/// Decides for each batch of a log, in offset order, what is left of it: log compaction as Kafka's (Cleaner, MemoryRecords.filterTo), for batches
/// whose transactions have all ended. Offsets never change: what is left of a batch keeps its base and last offset. Pure; one owner.
/// <list type="bullet">
/// <item>Of each key the last record stays; records without a key go.</item>
/// <item>A tombstone stays until the delete horizon of its batch, which the first cleaning that sees it sets (KIP-534).</item>
/// <item>Aborted data goes. A commit marker goes when nothing of its transaction was left at the cleaning before, and its own horizon has
/// passed. An abort marker stays: metadata tells readers of the abort for as long as the log reaches there, and readers of committed records
/// would then leave out all of that producer until the next marker.</item>
/// <item>A batch of which nothing is left goes, unless it tells a producer's last sequence: then its header stays.</item>
/// </list>
/// </summary>
internal sealed class BatchCleaner(LastKeys keys, CleaningRules rules)
{
    /// <summary>By producer: whether committed data was seen since its last marker. Absent: no marker or data was seen yet.</summary>
    private readonly Dictionary<long, bool> _hasData = [];

    /// <summary>What is left of the batch: the same bytes, others, or nothing.</summary>
    /// <exception cref="CorruptRecordException">The batch cannot be read.</exception>
    public ReadOnlySpan<byte> Clean(ReadOnlySpan<byte> batch, in RecordBatchHeader header)
    {
        if (header.BaseOffset >= keys.EndOffset)
        {
            return batch; // of these keys nothing is known
        }

        if (header.IsControl)
        {
            return CleanMarker(batch, header);
        }

        if (header is { RecordCount: 0, HasProducerId: false })
        {
            return []; // the cover of an earlier gap
        }

        if (keys.Aborted.Has(header))
        {
            return Emptied(batch, header);
        }

        if (header.IsTransactional)
        {
            _hasData[header.ProducerId] = true;
        }

        return header.RecordCount == 0 ? Emptied(batch, header) : CleanRecords(batch, header);
    }

    private ReadOnlySpan<byte> CleanMarker(ReadOnlySpan<byte> batch, in RecordBatchHeader header)
    {
        if (!ControlBatch.TryRead(batch, out var marker))
        {
            return batch;
        }

        var isKnown = _hasData.TryGetValue(header.ProducerId, out var hasData) || rules.SeesLogStart;
        _hasData[header.ProducerId] = false;
        if (marker.Type != ControlRecordType.Commit || hasData || !isKnown || IsLastOfProducer(header))
        {
            return batch;
        }

        return !header.HasDeleteHorizon ? Rebuilt(batch, header, HorizonFromNow, isEachKept: true)
            : header.BaseTimestamp <= rules.NowMs ? []
            : batch;
    }

    private ReadOnlySpan<byte> CleanRecords(ReadOnlySpan<byte> batch, in RecordBatchHeader header)
    {
        var keptCount = 0;
        var hasTombstones = false;
        using (var opened = OpenedRecordBatch.Open(batch))
        {
            var records = opened.Records;
            while (records.TryRead(out var record))
            {
                if (IsKept(record, header))
                {
                    keptCount++;
                    hasTombstones |= !record.HasValue;
                }
            }

            records.ThrowIfCorrupt();
        }

        if (keptCount == 0)
        {
            return Emptied(batch, header);
        }

        long? horizon = header.HasDeleteHorizon ? header.BaseTimestamp : hasTombstones ? HorizonFromNow : null;
        return keptCount == header.RecordCount && horizon.HasValue == header.HasDeleteHorizon
            ? batch
            : Rebuilt(batch, header, horizon, isEachKept: false);
    }

    private long HorizonFromNow => rules.DeleteRetentionMs > long.MaxValue - rules.NowMs ? long.MaxValue : rules.NowMs + rules.DeleteRetentionMs;

    private bool IsKept(in Record record, in RecordBatchHeader header) =>
        record.HasKey
        && !keys.HasLater(record.Key, record.Offset)
        && (record.HasValue || !header.HasDeleteHorizon || rules.NowMs < header.BaseTimestamp);

    private ReadOnlySpan<byte> Rebuilt(ReadOnlySpan<byte> batch, in RecordBatchHeader header, long? horizon, bool isEachKept)
    {
        var builder = new RecordBatchBuilder
        {
            BaseOffset = header.BaseOffset,
            PartitionLeaderEpoch = header.PartitionLeaderEpoch,
            CompressionType = header.CompressionType,
            TimestampType = header.TimestampType,
            ProducerId = header.ProducerId,
            ProducerEpoch = header.ProducerEpoch,
            BaseSequence = header.BaseSequence,
            IsTransactional = header.IsTransactional,
            IsControl = header.IsControl,
            DeleteHorizonMs = horizon,
        };
        using var opened = OpenedRecordBatch.Open(batch);
        var records = opened.Records;
        while (records.TryRead(out var record))
        {
            if (isEachKept || IsKept(record, header))
            {
                builder.Append(record);
            }
        }

        return builder.Build(header.MaxTimestamp, header.LastOffset);
    }

    private ReadOnlySpan<byte> Emptied(ReadOnlySpan<byte> batch, in RecordBatchHeader header) =>
        !header.HasProducerId || !IsLastOfProducer(header) ? []
        : header.RecordCount == 0 ? batch
        : EmptyBatch.BuildFrom(header);

    private bool IsLastOfProducer(in RecordBatchHeader header) =>
        rules.Producers.TryGetValue(header.ProducerId, out var last)
        && (last.BaseOffset >= 0 ? last.BaseOffset == header.BaseOffset : header.IsControl && last.ProducerEpoch == header.ProducerEpoch);
}
