using System.Diagnostics;
using Spillway.Kafka.Errors;

namespace Spillway.Rpc.Append;

/// <summary>
/// AppendReply of proto/spillway/wal/v1/append.proto, by hand.
/// <code>id:1 error_code:2 { results:3 { error_code:1 base_offset:2 log_start_offset:3 error_message:4 duplicate:5 } }</code>
/// </summary>
internal static class AppendReplyFormat
{
    public static int GetBytes(ulong id, ErrorCode error, ReadOnlySpan<BatchAppendResult> results)
    {
        var bytes = ProtoWriter.FieldBytes(id) + ProtoWriter.FieldBytes((int)error);
        foreach (ref readonly var result in results)
        {
            bytes += ProtoWriter.DelimitedBytes(GetBatchBytes(result));
        }
        return bytes;
    }

    public static void Write(ulong id, ErrorCode error, ReadOnlySpan<BatchAppendResult> results, Span<byte> destination)
    {
        var writer = new ProtoWriter(destination);
        writer.WriteField(1, id);
        writer.WriteField(2, (int)error);
        foreach (ref readonly var batch in results)
        {
            writer.WriteDelimiter(3, GetBatchBytes(batch));
            writer.WriteField(1, (int)batch.Error);
            writer.WriteField(2, batch.BaseOffset);
            writer.WriteField(3, batch.LogStartOffset);
            writer.WriteString(4, batch.ErrorMessage);
            writer.WriteField(5, batch.IsDuplicate ? 1 : 0);
        }
        Debug.Assert(writer.Position == destination.Length, "The reply is as long as it was said to be.");
    }

    /// <summary>Reads a reply; the batches' results are added to <paramref name="results"/>.</summary>
    /// <exception cref="RpcException">Internal: it is no such message.</exception>
    public static (ulong Id, ErrorCode Error) Read(ReadOnlySpan<byte> message, List<BatchAppendResult> results)
    {
        ulong id = 0;
        var error = ErrorCode.None;
        var reader = new ProtoReader(message);
        while (reader.TryReadTag(out var field, out var wireType))
        {
            switch (field, wireType)
            {
                case (1, ProtoReader.Varint):
                    id = reader.ReadVarint();
                    break;
                case (2, ProtoReader.Varint):
                    error = (ErrorCode)reader.ReadInt32();
                    break;
                case (3, ProtoReader.LengthDelimited):
                    results.Add(ReadBatch(reader.ReadBytes(out _)));
                    break;
                default:
                    reader.Skip(wireType);
                    break;
            }
        }
        return (id, error);
    }

    private static BatchAppendResult ReadBatch(ReadOnlySpan<byte> message)
    {
        var error = ErrorCode.None;
        var (baseOffset, logStartOffset) = (0L, 0L);
        string? errorMessage = null;
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
                    baseOffset = reader.ReadInt64();
                    break;
                case (3, ProtoReader.Varint):
                    logStartOffset = reader.ReadInt64();
                    break;
                case (4, ProtoReader.LengthDelimited):
                    errorMessage = reader.ReadString();
                    break;
                case (5, ProtoReader.Varint):
                    isDuplicate = reader.ReadVarint() != 0;
                    break;
                default:
                    reader.Skip(wireType);
                    break;
            }
        }
        return new(error, baseOffset, logStartOffset, string.IsNullOrEmpty(errorMessage) ? null : errorMessage, isDuplicate);
    }

    private static int GetBatchBytes(in BatchAppendResult batch) =>
        ProtoWriter.FieldBytes((int)batch.Error)
        + ProtoWriter.FieldBytes(batch.BaseOffset)
        + ProtoWriter.FieldBytes(batch.LogStartOffset)
        + ProtoWriter.StringBytes(batch.ErrorMessage)
        + ProtoWriter.FieldBytes(batch.IsDuplicate ? 1 : 0);
}
