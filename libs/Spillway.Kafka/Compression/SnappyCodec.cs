using System.Buffers;
using System.Buffers.Binary;
using IronSnappy;
using Spillway.Kafka.Buffers;

namespace Spillway.Kafka.Compression;

/// <summary>
/// Snappy as Kafka clients write it: xerial's framing (magic, two versions, then blocks each behind its length), which
/// the Java client and we write, or one bare block, which some others write.
/// </summary>
internal static class SnappyCodec
{
    /// <summary>xerial's magic and int32 version, int32 lowest compatible version, both 1.</summary>
    private const int FrameHeaderBytes = 16;

    /// <summary>The block of snappy-java's streams, so that its readers need no larger buffer.</summary>
    private const int BlockBytes = 32 << 10;

    private static ReadOnlySpan<byte> Magic => [0x82, (byte)'S', (byte)'N', (byte)'A', (byte)'P', (byte)'P', (byte)'Y', 0];

    public static void Compress(ReadOnlySpan<byte> source, IBufferWriter<byte> destination)
    {
        var header = destination.GetSpan(FrameHeaderBytes);
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32BigEndian(header[8..], 1);
        BinaryPrimitives.WriteInt32BigEndian(header[12..], 1);
        destination.Advance(FrameHeaderBytes);

        while (!source.IsEmpty)
        {
            var block = source[..Math.Min(source.Length, BlockBytes)];
            source = source[block.Length..];
            var compressed = Snappy.Encode(block);
            BinaryPrimitives.WriteInt32BigEndian(destination.GetSpan(4), compressed.Length);
            destination.Advance(4);
            destination.Write(compressed);
        }
    }

    /// <summary>Whether it is framed as xerial does, and no bare block.</summary>
    public static bool IsFramed(ReadOnlySpan<byte> source) => source.StartsWith(Magic);

    public static CodecStatus Decompress(ReadOnlySpan<byte> source, BoundedBufferWriter destination)
    {
        if (!source.StartsWith(Magic))
        {
            return SnappyBlock.Decompress(source, destination);
        }

        if (source.Length < FrameHeaderBytes)
        {
            return CodecStatus.Corrupt;
        }

        source = source[FrameHeaderBytes..];
        while (!source.IsEmpty)
        {
            // Streams may be concatenated: a header where a block's length would be. A length never has the top bit set.
            if (source.Length >= FrameHeaderBytes && source.StartsWith(Magic))
            {
                source = source[FrameHeaderBytes..];
                continue;
            }

            if (!BinaryPrimitives.TryReadInt32BigEndian(source, out var blockBytes)
                || blockBytes < 0
                || blockBytes > source.Length - 4)
            {
                return CodecStatus.Corrupt;
            }

            var status = SnappyBlock.Decompress(source.Slice(4, blockBytes), destination);
            if (status != CodecStatus.Ok)
            {
                return status;
            }

            source = source[(4 + blockBytes)..];
        }

        return CodecStatus.Ok;
    }
}
