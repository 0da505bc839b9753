using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using Spillway.Kafka.Buffers;

namespace Spillway.Kafka.Compression;

/// <summary>
/// gzip by the runtime's zlib, one member as every client writes it. The runtime takes a stream that ends too early for one
/// that ended, so the length in the trailer is compared here; the checksum before it zlib has seen to.
/// </summary>
internal static unsafe class GzipCodec
{
    private const int StepBytes = 16 << 10;

    /// <summary>Header, an empty final block and trailer: less is no member.</summary>
    private const int MemberBytesMin = 10 + 2 + 8;

    /// <summary>What gzip makes of nothing; the runtime makes nothing of it.</summary>
    private static ReadOnlySpan<byte> EmptyMember => [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    public static void Compress(ReadOnlySpan<byte> source, IBufferWriter<byte> destination, int? level)
    {
        if (source.IsEmpty)
        {
            destination.Write(EmptyMember);
            return;
        }

        using var output = new BufferWriterStream(destination);
        using var gzip = new GZipStream(output, LevelFor(level));
        gzip.Write(source);
    }

    public static CodecStatus Decompress(ReadOnlySpan<byte> source, BoundedBufferWriter destination)
    {
        if (source.Length < MemberBytesMin)
        {
            return CodecStatus.Corrupt;
        }

        var startBytes = destination.WrittenBytes;
        var claimedBytes = BinaryPrimitives.ReadUInt32LittleEndian(source[^4..]);
        fixed (byte* pointer = source)
        {
            try
            {
                using var input = new UnmanagedMemoryStream(pointer, source.Length);
                using var gzip = new GZipStream(input, CompressionMode.Decompress);
                while (destination.TryGetRoom(StepBytes, out var room))
                {
                    var readBytes = gzip.Read(room);
                    if (readBytes == 0)
                    {
                        return StatusOf(destination.WrittenBytes - startBytes, claimedBytes);
                    }

                    destination.Advance(readBytes);
                }

                return gzip.ReadByte() < 0
                    ? StatusOf(destination.WrittenBytes - startBytes, claimedBytes)
                    : CodecStatus.TooLarge;
            }
            catch (InvalidDataException)
            {
                return CodecStatus.Corrupt;
            }
        }
    }

    private static CodecStatus StatusOf(int writtenBytes, uint claimedBytes) =>
        (uint)writtenBytes == claimedBytes ? CodecStatus.Ok : CodecStatus.Corrupt;

    /// <summary>Kafka's levels are zlib's 1 to 9 and −1 for its default; the runtime offers four steps of them.</summary>
    private static CompressionLevel LevelFor(int? level) => level switch
    {
        null or < 0 => CompressionLevel.Optimal,
        0 => CompressionLevel.NoCompression,
        <= 3 => CompressionLevel.Fastest,
        <= 6 => CompressionLevel.Optimal,
        _ => CompressionLevel.SmallestSize,
    };
}
