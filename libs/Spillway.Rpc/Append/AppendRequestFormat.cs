using System.Diagnostics;
using Spillway.Kafka;
using Spillway.Kafka.Buffers;

namespace Spillway.Rpc.Append;

/// <summary>
/// AppendRequest of proto/spillway/wal/v1/append.proto, by hand: what precedes the payload is small and written here; the payload is
/// never copied on the way out and lands in the message's own pooled buffer on the way in.
/// <code>id:1 transactional_id:2 transaction_version:3 { batches:4 { log_id:1 length:2 } } payload:5</code>
/// </summary>
internal static class AppendRequestFormat
{
    /// <summary>The bytes of all that precedes the payload, its tag and length included.</summary>
    public static int GetHeaderBytes(ulong id, AppendRequest request)
    {
        var bytes = ProtoWriter.FieldBytes(id)
            + ProtoWriter.StringBytes(request.TransactionalId)
            + ProtoWriter.FieldBytes(request.TransactionVersion);
        var payloadBytes = 0;
        for (var i = 0; i < request.Batches.Count; i++)
        {
            var batch = request.Batches[i];
            bytes += ProtoWriter.DelimitedBytes(GetBatchBytes(batch));
            payloadBytes = checked(payloadBytes + batch.Batch.Length);
        }
        return payloadBytes == 0 ? bytes : bytes + 1 + ProtoWriter.VarintBytes((ulong)payloadBytes);
    }

    /// <summary>Writes the header; the batches follow it on the wire, in order.</summary>
    public static void WriteHeader(ulong id, AppendRequest request, Span<byte> destination)
    {
        var writer = new ProtoWriter(destination);
        writer.WriteField(1, id);
        writer.WriteString(2, request.TransactionalId);
        writer.WriteField(3, request.TransactionVersion);
        var payloadBytes = 0;
        for (var i = 0; i < request.Batches.Count; i++)
        {
            var batch = request.Batches[i];
            writer.WriteDelimiter(4, GetBatchBytes(batch));
            writer.WriteField(1, batch.LogId.Value);
            writer.WriteField(2, batch.Batch.Length);
            payloadBytes += batch.Batch.Length;
        }
        if (payloadBytes != 0)
        {
            writer.WriteDelimiter(5, payloadBytes);
        }
        Debug.Assert(writer.Position == destination.Length, "The header is as long as it was said to be.");
    }

    /// <summary>Reads a message that fills <paramref name="message"/>, room for which was made; the batches are slices of it.</summary>
    /// <exception cref="RpcException">Internal: it is no such message.</exception>
    public static (ulong Id, AppendRequest Request) Read(SharedBuffer message)
    {
        ulong id = 0;
        string? transactionalId = null;
        var transactionVersion = 0;
        var batchCount = 0;
        var (payloadStart, payloadBytes) = (0, 0);
        var reader = new ProtoReader(message.Span);
        while (reader.TryReadTag(out var field, out var wireType))
        {
            switch (field, wireType)
            {
                case (1, ProtoReader.Varint):
                    id = reader.ReadVarint();
                    break;
                case (2, ProtoReader.LengthDelimited):
                    transactionalId = reader.ReadString();
                    break;
                case (3, ProtoReader.Varint):
                    transactionVersion = reader.ReadInt32();
                    break;
                case (4, ProtoReader.LengthDelimited):
                    batchCount++;
                    reader.ReadBytes(out _);
                    break;
                case (5, ProtoReader.LengthDelimited):
                    payloadBytes = reader.ReadBytes(out payloadStart).Length;
                    break;
                default:
                    reader.Skip(wireType);
                    break;
            }
        }
        var request = new AppendRequest
        {
            Owner = message,
            Batches = ReadBatches(message, batchCount, payloadStart, payloadBytes),
            TransactionalId = string.IsNullOrEmpty(transactionalId) ? null : transactionalId,
            TransactionVersion = transactionVersion,
            ReservedBytes = message.Length,
        };
        return (id, request);
    }

    private static BatchToAppend[] ReadBatches(SharedBuffer message, int count, int payloadStart, int payloadBytes)
    {
        var batches = new BatchToAppend[count];
        var next = 0;
        var position = payloadStart;
        var end = payloadStart + payloadBytes;
        var reader = new ProtoReader(message.Span);
        while (next < count && reader.TryReadTag(out var field, out var wireType))
        {
            if ((field, wireType) != (4, ProtoReader.LengthDelimited))
            {
                reader.Skip(wireType);
                continue;
            }
            var (logId, lengthBytes) = ReadBatch(reader.ReadBytes(out _));
            if (lengthBytes < 0 || lengthBytes > end - position)
            {
                ProtoReader.ThrowMalformed();
            }
            batches[next++] = new BatchToAppend(new LogId(logId), message.Memory.Slice(position, lengthBytes));
            position += lengthBytes;
        }
        if (position != end)
        {
            ProtoReader.ThrowMalformed();
        }
        return batches;
    }

    private static (long LogId, int LengthBytes) ReadBatch(ReadOnlySpan<byte> message)
    {
        var (logId, lengthBytes) = (0L, 0);
        var reader = new ProtoReader(message);
        while (reader.TryReadTag(out var field, out var wireType))
        {
            switch (field, wireType)
            {
                case (1, ProtoReader.Varint):
                    logId = reader.ReadInt64();
                    break;
                case (2, ProtoReader.Varint):
                    lengthBytes = reader.ReadInt32();
                    break;
                default:
                    reader.Skip(wireType);
                    break;
            }
        }
        return (logId, lengthBytes);
    }

    private static int GetBatchBytes(in BatchToAppend batch) =>
        ProtoWriter.FieldBytes(batch.LogId.Value) + ProtoWriter.FieldBytes(batch.Batch.Length);
}
