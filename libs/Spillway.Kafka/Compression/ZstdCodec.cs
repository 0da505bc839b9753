using System.Buffers;
using Spillway.Kafka.Buffers;

namespace Spillway.Kafka.Compression;

/// <summary>
/// Zstandard by the system's libzstd. A frame may ask for a window of up to 128 MiB, libzstd's own bound; the library
/// touches only as much of it as comes out.
/// </summary>
internal static unsafe class ZstdCodec
{
    private const int StepBytes = 128 << 10;

    public static bool IsAvailable { get; } = NativeLibraries.CanLoad(ZstdNative.Library);

    public static void Compress(ReadOnlySpan<byte> source, IBufferWriter<byte> destination, int? level)
    {
        var room = destination.GetSpan((int)ZstdNative.ZSTD_compressBound((nuint)source.Length));
        fixed (byte* from = source)
        fixed (byte* to = room)
        {
            var written = ZstdNative.ZSTD_compress(
                to, (nuint)room.Length, from, (nuint)source.Length, level ?? ZstdNative.DefaultLevel);
            if (ZstdNative.ZSTD_isError(written) != 0)
            {
                throw new InvalidOperationException($"ZSTD_compress failed with {(nint)written}.");
            }

            destination.Advance((int)written);
        }
    }

    public static CodecStatus Decompress(ReadOnlySpan<byte> source, BoundedBufferWriter destination)
    {
        var context = ZstdNative.ZSTD_createDCtx();
        if (context == 0)
        {
            throw new InsufficientMemoryException("libzstd could not make a decompression context.");
        }

        try
        {
            fixed (byte* from = source)
            {
                return Decompress(context, new ZstdBuffer(from, source.Length), destination);
            }
        }
        finally
        {
            _ = ZstdNative.ZSTD_freeDCtx(context);
        }
    }

    private static CodecStatus Decompress(nint context, ZstdBuffer input, BoundedBufferWriter destination)
    {
        Span<byte> beyond = stackalloc byte[1];
        while (true)
        {
            scoped Span<byte> room;
            var full = !destination.TryGetRoom(StepBytes, out room);
            if (full)
            {
                room = beyond;
            }

            nuint expected;
            nuint written;
            var readBefore = input.Position;
            fixed (byte* to = room)
            {
                var output = new ZstdBuffer(to, room.Length);
                expected = ZstdNative.ZSTD_decompressStream(context, ref output, ref input);
                written = output.Position;
            }

            if (ZstdNative.ZSTD_isError(expected) != 0)
            {
                return CodecStatus.Corrupt;
            }

            if (full && written > 0)
            {
                return CodecStatus.TooLarge;
            }

            if (!full)
            {
                destination.Advance((int)written);
            }

            if (expected == 0 && input.Position == input.Length)
            {
                return CodecStatus.Ok;
            }

            if (written == 0 && input.Position == readBefore)
            {
                return CodecStatus.Corrupt;
            }
        }
    }
}
