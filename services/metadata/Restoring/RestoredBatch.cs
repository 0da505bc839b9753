using Spillway.Kafka.Records;
using Spillway.Metadata.Partitions;
using Spillway.Metadata.Producers;
using Spillway.Rpc.Commit;

namespace Spillway.Metadata.Restoring;

/// <summary>What a batch in an object tells of its producer and its transaction, for a partition that does not know of it.</summary>
/// <param name="Header">The batch's header, with its offset.</param>
/// <param name="Marker">What a control batch says; null for one with records.</param>
internal readonly record struct RestoredBatch(RecordBatchHeader Header, TransactionMarker? Marker)
{
    /// <summary>Reads the batches of a data block that reach an offset or lie behind it.</summary>
    /// <exception cref="InvalidDataException">They are not whole.</exception>
    public static void ReadAll(ReadOnlySpan<byte> block, long fromOffset, List<RestoredBatch> batches)
    {
        while (!block.IsEmpty)
        {
            if (!RecordBatchHeader.TryRead(block, out var header) || header.TotalLength > block.Length)
            {
                throw new InvalidDataException("A data block with a right checksum does not hold whole batches.");
            }

            // What log compaction left to cover a gap may begin below.
            if (header.LastOffset >= fromOffset)
            {
                TransactionMarker? marker =
                    header.IsControl && ControlBatch.TryRead(block[..(int)header.TotalLength], out var read) ? read : null;
                batches.Add(new RestoredBatch(header, marker));
            }

            block = block[(int)header.TotalLength..];
        }
    }

    /// <summary>As its commit did: the log ends behind it, and its producer is where it was then.</summary>
    public void ReplayTo(PartitionLog log, long nowMs)
    {
        log.NextOffset = Header.NextOffset;
        if (Marker is { } marker)
        {
            if (log.Producers.Find(marker.ProducerId) is { } ended)
            {
                End(log, ended, marker, nowMs);
            }
        }
        else if (!Header.IsControl && Header.HasProducerId && Header.BaseSequence >= 0)
        {
            Append(log, nowMs);
        }
    }

    private void Append(PartitionLog log, long nowMs)
    {
        var batch = new BatchToCommit
        {
            LogId = log.Id.Value,
            ProducerId = Header.ProducerId,
            ProducerEpoch = Header.ProducerEpoch,
            BaseSequence = Header.BaseSequence,
            RecordCount = Header.LastOffsetDelta + 1,
        };
        var producer = log.Producers.Append(batch, Header.BaseOffset, nowMs)!;
        if (Header.IsTransactional && producer.TransactionFirstOffset < 0)
        {
            producer.TransactionFirstOffset = Header.BaseOffset;
            log.OpenTransaction(Header.BaseOffset);
        }
    }

    private static void End(PartitionLog log, ProducerState producer, in TransactionMarker marker, long nowMs)
    {
        var firstOffset = producer.TransactionFirstOffset;
        producer.EndTransaction(marker.ProducerEpoch, nowMs);
        if (firstOffset >= 0)
        {
            log.CloseTransaction(firstOffset);
            if (marker.Type == ControlRecordType.Abort)
            {
                log.Aborted.Add(new AbortedRange(marker.ProducerId, firstOffset, marker.Offset, log.LastStableOffset));
            }
        }
    }
}
