using System.Buffers.Binary;

namespace Spillway.Kafka.Compression;

/// <summary>Whether bytes can be a codec's at all, by how they begin: it tells garbage from compressed records without decompressing.</summary>
internal static class CompressedFrame
{
    private const uint Lz4Magic = 0x184D2204;
    private const uint ZstdMagic = 0xFD2FB528;

    /// <summary>Of lz4 and zstd: frames that decompressors skip; the last four bits are the user's.</summary>
    private const uint SkippableMagic = 0x184D2A50;

    /// <summary>The bits of a preamble byte that are length.</summary>
    private const int PreambleBits = 7;

    /// <summary>
    /// Whether <paramref name="source"/> begins as what <paramref name="type"/> compressed from <paramref name="decompressedBytesMin"/> bytes or
    /// more. False is certain, true is not.
    /// </summary>
    public static bool IsPlausible(CompressionType type, ReadOnlySpan<byte> source, long decompressedBytesMin) => type switch
    {
        CompressionType.None => true,
        CompressionType.Gzip => source.StartsWith<byte>([0x1f, 0x8b, 8]),
        CompressionType.Snappy => SnappyCodec.IsFramed(source) || IsSnappyBlock(source, decompressedBytesMin),
        CompressionType.Lz4 => HasMagic(source, Lz4Magic),
        CompressionType.Zstd => HasMagic(source, ZstdMagic),
        _ => false,
    };

    private static bool HasMagic(ReadOnlySpan<byte> source, uint magic) =>
        BinaryPrimitives.TryReadUInt32LittleEndian(source, out var first) && (first == magic || (first & ~0xFu) == SkippableMagic);

    // Block = preamble element+; preamble = varint of the decompressed length, of 32 bits at most. The first element has nothing behind
    // it to copy from, so it is a literal, whose tag's last two bits are 0.
    private static bool IsSnappyBlock(ReadOnlySpan<byte> source, long decompressedBytesMin)
    {
        var length = 0L;
        for (var i = 0; i < 5 && i < source.Length; i++)
        {
            length |= (long)(source[i] & 0x7F) << (PreambleBits * i);
            if (source[i] < 0x80)
            {
                return length >= decompressedBytesMin && i + 1 < source.Length && (source[i + 1] & 3) == 0;
            }
        }

        return false;
    }
}
