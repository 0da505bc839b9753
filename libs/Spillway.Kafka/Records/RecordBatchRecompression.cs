using System.Buffers;
using System.Buffers.Binary;
using Spillway.Kafka.Compression;
using static Spillway.Kafka.Records.RecordBatchLayout;

namespace Spillway.Kafka.Records;

/// <summary>Puts the records of a batch into another codec; everything else of it stays (<c>compression.type</c> of a topic).</summary>
public static class RecordBatchRecompression
{
    /// <summary>Compresses a valid batch again.</summary>
    /// <param name="batch">Exactly one batch, checked before.</param>
    /// <param name="type">The codec that it is to have.</param>
    /// <param name="level">On the codec's own scale; null for its default.</param>
    /// <param name="batchBytesMax">What the result may have, header included.</param>
    /// <param name="recompressed">The new batch; empty where there is an error.</param>
    public static RecordBatchError TryRecompress(
        ReadOnlySpan<byte> batch, CompressionType type, int? level, int batchBytesMax, out byte[] recompressed)
    {
        recompressed = [];
        if (!Codecs.IsAvailable(type))
        {
            return RecordBatchError.UnsupportedCompression;
        }

        var decompressedBytesMax = type == CompressionType.None ? batchBytesMax : OpenedRecordBatch.DecompressedBytesMaxDefault;
        var error = OpenedRecordBatch.TryOpen(batch, out var opened, decompressedBytesMax);
        if (error != RecordBatchError.None)
        {
            return error;
        }

        using (opened)
        {
            var output = new ArrayBufferWriter<byte>(batch.Length + HeaderBytes);
            output.Write(batch[..HeaderBytes]);
            Codecs.Compress(type, opened.RecordBytes, output, level);
            if (output.WrittenCount > batchBytesMax)
            {
                return RecordBatchError.BatchTooLarge;
            }

            recompressed = output.WrittenSpan.ToArray();
        }

        SetHeader(recompressed, type);
        return RecordBatchError.None;
    }

    private static void SetHeader(Span<byte> batch, CompressionType type)
    {
        var attributes = BinaryPrimitives.ReadInt16BigEndian(batch[AttributesPosition..]);
        BinaryPrimitives.WriteInt16BigEndian(batch[AttributesPosition..], (short)((attributes & ~CompressionMask) | (int)type));
        BinaryPrimitives.WriteInt32BigEndian(batch[BatchLengthPosition..], batch.Length - LogOverheadBytes);
        RecordBatchBytes.SetCrc(batch);
    }
}
