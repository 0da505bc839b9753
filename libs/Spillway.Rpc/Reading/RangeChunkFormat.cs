using System.Buffers;
using Spillway.Kafka.Buffers;

namespace Spillway.Rpc.Reading;

/// <summary>
/// RangeChunk of proto/spillway/wal/v1/read.proto, by hand: the bytes are copied once on each side, into memory that is used again.
/// <code>data:1</code>
/// </summary>
internal sealed class RangeChunkFormat : IRpcMarshaller<WalChunk>
{
    public static RangeChunkFormat Instance { get; } = new();

    public int GetLengthBytes(WalChunk message) => message.Bytes.IsEmpty ? 0 : ProtoWriter.DelimitedBytes(message.Bytes.Length);

    public void Write(WalChunk message, IBufferWriter<byte> output)
    {
        if (message.Bytes.IsEmpty)
        {
            return;
        }

        var headBytes = GetLengthBytes(message) - message.Bytes.Length;
        new ProtoWriter(output.GetSpan(headBytes)).WriteDelimiter(1, message.Bytes.Length);
        output.Advance(headBytes);
        output.Write(message.Bytes.Span);
    }

    /// <exception cref="RpcException">Internal: it is no such message.</exception>
    public WalChunk Read(in ReadOnlySequence<byte> message)
    {
        var buffer = BufferPool.Shared.Rent(checked((int)message.Length));
        try
        {
            message.CopyTo(buffer.Span);
            return new WalChunk(FindData(buffer), buffer);
        }
        catch
        {
            buffer.Release();
            throw;
        }
    }

    private static ReadOnlyMemory<byte> FindData(SharedBuffer message)
    {
        var data = ReadOnlyMemory<byte>.Empty;
        var reader = new ProtoReader(message.Span);
        while (reader.TryReadTag(out var field, out var wireType))
        {
            if (field == 1 && wireType == ProtoReader.LengthDelimited)
            {
                var lengthBytes = reader.ReadBytes(out var start).Length;
                data = message.Memory.Slice(start, lengthBytes);
            }
            else
            {
                reader.Skip(wireType);
            }
        }

        return data;
    }
}
