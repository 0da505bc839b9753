using System.Buffers.Binary;
using Spillway.Kafka.Buffers;

namespace Spillway.Kafka.Compression;

/// <summary>
/// Reads one snappy block: a varint with the length that comes out, then literals and copies from what came out before.
/// Written here rather than left to the package because that one allocates whatever length a block claims.
/// Format: google/snappy, format_description.txt.
/// </summary>
internal static class SnappyBlock
{
    /// <summary>Three bytes of input make at most 64 of output; a claim beyond that is a lie, found before it costs memory.</summary>
    private const int ExpansionMax = 22;

    public static CodecStatus Decompress(ReadOnlySpan<byte> source, BoundedBufferWriter destination)
    {
        if (!TryReadLength(ref source, out var lengthBytes) || lengthBytes > (long)source.Length * ExpansionMax)
        {
            return CodecStatus.Corrupt;
        }

        if (lengthBytes == 0)
        {
            return source.IsEmpty ? CodecStatus.Ok : CodecStatus.Corrupt;
        }

        if (!destination.TryGetRoom((int)lengthBytes, out var room) || room.Length < lengthBytes)
        {
            return CodecStatus.TooLarge;
        }

        if (!TryDecompress(source, room[..(int)lengthBytes]))
        {
            return CodecStatus.Corrupt;
        }

        destination.Advance((int)lengthBytes);
        return CodecStatus.Ok;
    }

    private static bool TryReadLength(ref ReadOnlySpan<byte> source, out long length)
    {
        length = 0;
        for (var i = 0; i < 5 && i < source.Length; i++)
        {
            length |= (long)(source[i] & 0x7F) << (7 * i);
            if (source[i] < 0x80)
            {
                source = source[(i + 1)..];
                return length <= int.MaxValue;
            }
        }

        return false;
    }

    private static bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> output)
    {
        var written = 0;
        while (!source.IsEmpty)
        {
            if ((source[0] & 3) == 0)
            {
                if (!TryTakeLiteral(ref source, out var literal) || literal.Length > output.Length - written)
                {
                    return false;
                }

                literal.CopyTo(output[written..]);
                written += literal.Length;
                continue;
            }

            if (!TryTakeCopy(ref source, out var distance, out var length)
                || distance == 0
                || distance > written
                || length > output.Length - written)
            {
                return false;
            }

            CopyWithin(output, written, (int)distance, length);
            written += length;
        }

        return written == output.Length;
    }

    /// <summary>A copy may reach into its own output: a distance of one repeats a byte.</summary>
    private static void CopyWithin(Span<byte> output, int written, int distance, int length)
    {
        if (distance >= length)
        {
            output.Slice(written - distance, length).CopyTo(output[written..]);
            return;
        }

        for (var i = 0; i < length; i++)
        {
            output[written + i] = output[written + i - distance];
        }
    }

    private static bool TryTakeLiteral(ref ReadOnlySpan<byte> source, out ReadOnlySpan<byte> literal)
    {
        literal = default;
        long length = (source[0] >> 2) + 1;
        var headerBytes = 1;
        if (length > 60)
        {
            var lengthBytes = (int)length - 60;
            if (source.Length <= lengthBytes)
            {
                return false;
            }

            length = 1;
            for (var i = 0; i < lengthBytes; i++)
            {
                length += (long)source[1 + i] << (8 * i);
            }

            headerBytes += lengthBytes;
        }

        if (length > source.Length - headerBytes)
        {
            return false;
        }

        literal = source.Slice(headerBytes, (int)length);
        source = source[(headerBytes + (int)length)..];
        return true;
    }

    private static bool TryTakeCopy(ref ReadOnlySpan<byte> source, out uint distance, out int length)
    {
        var tag = source[0];
        var headerBytes = (tag & 3) switch { 1 => 2, 2 => 3, _ => 5 };
        if (source.Length < headerBytes)
        {
            (distance, length) = (0, 0);
            return false;
        }

        (distance, length) = headerBytes switch
        {
            2 => ((uint)((tag >> 5 << 8) | source[1]), ((tag >> 2) & 7) + 4),
            3 => (BinaryPrimitives.ReadUInt16LittleEndian(source[1..]), (tag >> 2) + 1),
            _ => (BinaryPrimitives.ReadUInt32LittleEndian(source[1..]), (tag >> 2) + 1),
        };
        source = source[headerBytes..];
        return true;
    }
}
