using System.Buffers;
using Spillway.Kafka.Buffers;

namespace Spillway.Kafka.Compression;

/// <summary>
/// The five codecs of the record format. Batches pass through the platform as the client compressed them; these are for
/// timestamp lookups, checks on compacted topics, log compaction and tests.
/// </summary>
/// <remarks>
/// gzip is in the runtime, snappy needs no native code, lz4 and zstd are the system's liblz4.so.1 and libzstd.so.1. Whether those
/// are there is decided at first use and does not change while the process runs.
/// </remarks>
public static class Codecs
{
    /// <summary>Whether this machine can compress and decompress <paramref name="type"/>.</summary>
    public static bool IsAvailable(CompressionType type) => type switch
    {
        CompressionType.None or CompressionType.Gzip or CompressionType.Snappy => true,
        CompressionType.Lz4 => Lz4Codec.IsAvailable,
        CompressionType.Zstd => ZstdCodec.IsAvailable,
        _ => false,
    };

    /// <summary>Compresses <paramref name="source"/>; <paramref name="level"/> is the codec's own scale, its default if null.</summary>
    /// <exception cref="CodecUnavailableException">The codec's native library is not on this machine.</exception>
    public static void Compress(
        CompressionType type, ReadOnlySpan<byte> source, IBufferWriter<byte> destination, int? level = null)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ThrowIfUnavailable(type);
        switch (type)
        {
            case CompressionType.None:
                destination.Write(source);
                break;
            case CompressionType.Gzip:
                GzipCodec.Compress(source, destination, level);
                break;
            case CompressionType.Snappy:
                SnappyCodec.Compress(source, destination);
                break;
            case CompressionType.Lz4:
                Lz4Codec.Compress(source, destination, level);
                break;
            default:
                ZstdCodec.Compress(source, destination, level);
                break;
        }
    }

    /// <summary>Decompresses all of <paramref name="source"/>, up to the limit of <paramref name="destination"/>.</summary>
    public static CodecStatus Decompress(
        CompressionType type, ReadOnlySpan<byte> source, BoundedBufferWriter destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        return type switch
        {
            _ when !IsAvailable(type) => CodecStatus.Unavailable,
            CompressionType.None => Copy(source, destination),
            CompressionType.Gzip => GzipCodec.Decompress(source, destination),
            CompressionType.Snappy => SnappyCodec.Decompress(source, destination),
            CompressionType.Lz4 => Lz4Codec.Decompress(source, destination),
            _ => ZstdCodec.Decompress(source, destination),
        };
    }

    private static CodecStatus Copy(ReadOnlySpan<byte> source, BoundedBufferWriter destination)
    {
        if (source.Length > destination.BytesMax - destination.WrittenBytes)
        {
            return CodecStatus.TooLarge;
        }

        if (!source.IsEmpty)
        {
            destination.Write(source);
        }

        return CodecStatus.Ok;
    }

    private static void ThrowIfUnavailable(CompressionType type)
    {
        if (!IsAvailable(type))
        {
            throw new CodecUnavailableException(type, type switch
            {
                CompressionType.Lz4 => "lz4 needs liblz4.so.1 (Debian package liblz4-1), which is not on this machine.",
                CompressionType.Zstd => "zstd needs libzstd.so.1 (Debian package libzstd1), which is not on this machine.",
                _ => $"There is no codec {(int)type}.",
            });
        }
    }
}
