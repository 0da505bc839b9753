using System.Diagnostics;
using Spillway.Kafka.Errors;
using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Commit;

/// <summary>
/// CommitBlockReply of proto/spillway/metadata/v1/wal_commit.proto, by hand.
/// <code>status:1 expected_block_seq:2 { results:3 { error_code:1 base_offset:2z log_start_offset:3z duplicate:4 } } block_seq:4</code>
/// </summary>
internal static class CommitReplyFormat
{
    public static int GetBytes(BlockOutcome outcome)
    {
        var bytes = ProtoWriter.FieldBytes((int)outcome.Status)
            + ProtoWriter.FieldBytes(outcome.ExpectedBlockSeq)
            + ProtoWriter.FieldBytes(outcome.BlockSeq);
        foreach (ref readonly var batch in outcome.Batches)
        {
            bytes += ProtoWriter.DelimitedBytes(GetBatchBytes(batch));
        }
        return bytes;
    }

    public static void Write(BlockOutcome outcome, Span<byte> destination)
    {
        var writer = new ProtoWriter(destination);
        writer.WriteField(1, (int)outcome.Status);
        writer.WriteField(2, outcome.ExpectedBlockSeq);
        foreach (ref readonly var batch in outcome.Batches)
        {
            writer.WriteDelimiter(3, GetBatchBytes(batch));
            writer.WriteField(1, (int)batch.Error);
            writer.WriteField(2, ProtoWriter.ZigZag(batch.BaseOffset));
            writer.WriteField(3, ProtoWriter.ZigZag(batch.LogStartOffset));
            writer.WriteField(4, batch.IsDuplicate ? 1 : 0);
        }
        writer.WriteField(4, outcome.BlockSeq);
        Debug.Assert(writer.Position == destination.Length, "The reply is as long as it was said to be.");
    }

    /// <exception cref="RpcException">Internal: it is no such message.</exception>
    public static BlockOutcome Read(ReadOnlySpan<byte> message)
    {
        var status = CommitStatus.Unspecified;
        var (expectedBlockSeq, blockSeq) = (0L, 0L);
        var count = 0;
        var reader = new ProtoReader(message);
        while (reader.TryReadTag(out var field, out var wireType))
        {
            switch (field, wireType)
            {
                case (1, ProtoReader.Varint):
                    status = (CommitStatus)reader.ReadInt32();
                    break;
                case (2, ProtoReader.Varint):
                    expectedBlockSeq = reader.ReadInt64();
                    break;
                case (3, ProtoReader.LengthDelimited):
                    reader.ReadBytes(out _);
                    count++;
                    break;
                case (4, ProtoReader.Varint):
                    blockSeq = reader.ReadInt64();
                    break;
                default:
                    reader.Skip(wireType);
                    break;
            }
        }
        return BlockOutcome.Of(status, blockSeq, expectedBlockSeq, ReadBatches(message, count));
    }

    private static BatchOutcome[] ReadBatches(ReadOnlySpan<byte> message, int count)
    {
        var batches = count == 0 ? [] : new BatchOutcome[count];
        var reader = new ProtoReader(message);
        for (var next = 0; next < count && reader.TryReadTag(out var field, out var wireType);)
        {
            if ((field, wireType) == (3, ProtoReader.LengthDelimited))
            {
                batches[next++] = ReadBatch(reader.ReadBytes(out _));
            }
            else
            {
                reader.Skip(wireType);
            }
        }
        return batches;
    }

    private static BatchOutcome ReadBatch(ReadOnlySpan<byte> message)
    {
        var error = ErrorCode.None;
        var (baseOffset, logStartOffset) = (0L, 0L);
        var isDuplicate = false;
        var reader = new ProtoReader(message);
        while (reader.TryReadTag(out var field, out var wireType))
        {
            switch (field, wireType)
            {
                case (1, ProtoReader.Varint):
                    error = (ErrorCode)reader.ReadInt32();
                    break;
                case (2, ProtoReader.Varint):
                    baseOffset = reader.ReadSInt64();
                    break;
                case (3, ProtoReader.Varint):
                    logStartOffset = reader.ReadSInt64();
                    break;
                case (4, ProtoReader.Varint):
                    isDuplicate = reader.ReadVarint() != 0;
                    break;
                default:
                    reader.Skip(wireType);
                    break;
            }
        }
        return new BatchOutcome(error, baseOffset, logStartOffset, isDuplicate);
    }

    private static int GetBatchBytes(in BatchOutcome batch) =>
        ProtoWriter.FieldBytes((int)batch.Error)
        + ProtoWriter.FieldBytes(ProtoWriter.ZigZag(batch.BaseOffset))
        + ProtoWriter.FieldBytes(ProtoWriter.ZigZag(batch.LogStartOffset))
        + ProtoWriter.FieldBytes(batch.IsDuplicate ? 1 : 0);
}
