using System.Buffers;
using Spillway.Kafka.Buffers;

namespace Spillway.Kafka.Compression;

/// <summary>LZ4 frames by the system's liblz4.</summary>
internal static unsafe class Lz4Codec
{
    private const int BlockOf64KiB = 4;

    /// <summary>The Java client refuses frames whose blocks depend on each other.</summary>
    private const int IndependentBlocks = 1;

    private const int StepBytes = 64 << 10;

    public static bool IsAvailable { get; } = NativeLibraries.CanLoad(Lz4Native.Library);

    public static void Compress(ReadOnlySpan<byte> source, IBufferWriter<byte> destination, int? level)
    {
        var preferences = new Lz4Preferences(BlockOf64KiB, IndependentBlocks, level ?? 0);
        var room = destination.GetSpan((int)Lz4Native.LZ4F_compressFrameBound((nuint)source.Length, preferences));
        fixed (byte* from = source)
        fixed (byte* to = room)
        {
            var written = Lz4Native.LZ4F_compressFrame(to, (nuint)room.Length, from, (nuint)source.Length, preferences);
            if (Lz4Native.LZ4F_isError(written) != 0)
            {
                throw new InvalidOperationException($"LZ4F_compressFrame failed with {(nint)written}.");
            }

            destination.Advance((int)written);
        }
    }

    public static CodecStatus Decompress(ReadOnlySpan<byte> source, BoundedBufferWriter destination)
    {
        if (Lz4Native.LZ4F_isError(Lz4Native.LZ4F_createDecompressionContext(out var context, Lz4Native.FrameVersion)) != 0)
        {
            throw new InsufficientMemoryException("liblz4 could not make a decompression context.");
        }

        try
        {
            return Decompress(context, source, destination);
        }
        finally
        {
            _ = Lz4Native.LZ4F_freeDecompressionContext(context);
        }
    }

    private static CodecStatus Decompress(nint context, ReadOnlySpan<byte> source, BoundedBufferWriter destination)
    {
        // At the limit one more byte is asked for, into a spot of our own: only that tells "exactly full" from "too large".
        Span<byte> beyond = stackalloc byte[1];
        nuint expected = 1;
        while (true)
        {
            scoped Span<byte> room;
            var full = !destination.TryGetRoom(StepBytes, out room);
            if (full)
            {
                room = beyond;
            }

            var read = (nuint)source.Length;
            var written = (nuint)room.Length;
            fixed (byte* from = source)
            fixed (byte* to = room)
            {
                expected = Lz4Native.LZ4F_decompress(context, to, ref written, from, ref read, 0);
            }

            if (Lz4Native.LZ4F_isError(expected) != 0)
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

            source = source[(int)read..];
            if (source.IsEmpty && expected == 0)
            {
                return CodecStatus.Ok;
            }

            if (read == 0 && written == 0)
            {
                return CodecStatus.Corrupt;
            }
        }
    }
}
