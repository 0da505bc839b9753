using System.Diagnostics;

namespace Spillway.Rpc.Commit;

/// <summary>
/// CommitBlockRequest of proto/spillway/metadata/v1/wal_commit.proto, written by hand; <see cref="CommitBlockReader"/> reads it.
/// <code>
/// writer_id:1 writer_epoch:2 segment_id:3 block_seq:4 payload_position:5 { batches:6 { log_id:1 position:2 length:3
/// record_count:4 max_timestamp:5z producer_id:6z producer_epoch:7z base_sequence:8z transactional:9 transactional_id:10
/// transaction_version:11 } }
/// </code>
/// </summary>
public static class CommitBlockFormat
{
    /// <summary>The bytes of the message.</summary>
    public static int GetBytes(in BlockToCommit block)
    {
        var bytes = ProtoWriter.FieldBytes(block.WriterId)
            + ProtoWriter.FieldBytes(block.WriterEpoch)
            + ProtoWriter.FieldBytes(block.SegmentId)
            + ProtoWriter.FieldBytes(block.BlockSeq)
            + ProtoWriter.FieldBytes(block.PayloadPosition);
        foreach (ref readonly var batch in block.Batches)
        {
            bytes += ProtoWriter.DelimitedBytes(GetBatchBytes(batch));
        }
        return bytes;
    }

    /// <summary>Writes the message, which fills <paramref name="destination"/>.</summary>
    public static void Write(in BlockToCommit block, Span<byte> destination)
    {
        var writer = new ProtoWriter(destination);
        writer.WriteField(1, block.WriterId);
        writer.WriteField(2, block.WriterEpoch);
        writer.WriteField(3, block.SegmentId);
        writer.WriteField(4, block.BlockSeq);
        writer.WriteField(5, block.PayloadPosition);
        foreach (ref readonly var batch in block.Batches)
        {
            writer.WriteDelimiter(6, GetBatchBytes(batch));
            WriteBatch(ref writer, batch);
        }
        Debug.Assert(writer.Position == destination.Length, "The block is as long as it was said to be.");
    }

    private static int GetBatchBytes(in BatchToCommit batch) =>
        ProtoWriter.FieldBytes(batch.LogId)
        + ProtoWriter.FieldBytes(batch.Position)
        + ProtoWriter.FieldBytes(batch.Length)
        + ProtoWriter.FieldBytes(batch.RecordCount)
        + ProtoWriter.FieldBytes(ProtoWriter.ZigZag(batch.MaxTimestamp))
        + ProtoWriter.FieldBytes(ProtoWriter.ZigZag(batch.ProducerId))
        + ProtoWriter.FieldBytes(ProtoWriter.ZigZag(batch.ProducerEpoch))
        + ProtoWriter.FieldBytes(ProtoWriter.ZigZag(batch.BaseSequence))
        + ProtoWriter.FieldBytes(batch.Transactional ? 1 : 0)
        + ProtoWriter.StringBytes(batch.TransactionalId)
        + ProtoWriter.FieldBytes(batch.TransactionVersion);

    private static void WriteBatch(ref ProtoWriter writer, in BatchToCommit batch)
    {
        writer.WriteField(1, batch.LogId);
        writer.WriteField(2, batch.Position);
        writer.WriteField(3, batch.Length);
        writer.WriteField(4, batch.RecordCount);
        writer.WriteField(5, ProtoWriter.ZigZag(batch.MaxTimestamp));
        writer.WriteField(6, ProtoWriter.ZigZag(batch.ProducerId));
        writer.WriteField(7, ProtoWriter.ZigZag(batch.ProducerEpoch));
        writer.WriteField(8, ProtoWriter.ZigZag(batch.BaseSequence));
        writer.WriteField(9, batch.Transactional ? 1 : 0);
        writer.WriteString(10, batch.TransactionalId);
        writer.WriteField(11, batch.TransactionVersion);
    }
}
