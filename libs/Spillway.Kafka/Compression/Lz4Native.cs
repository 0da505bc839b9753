using System.Runtime.InteropServices;

namespace Spillway.Kafka.Compression;

/// <summary>The part of lz4frame.h that we call; sizes are size_t, an error is a size that LZ4F_isError knows.</summary>
internal static unsafe partial class Lz4Native
{
    public const string Library = "liblz4.so.1";

    /// <summary>LZ4F_VERSION: unchanged since liblz4 1.7.</summary>
    public const uint FrameVersion = 100;

    [LibraryImport(Library)]
    public static partial uint LZ4F_isError(nuint code);

    [LibraryImport(Library)]
    public static partial nuint LZ4F_compressFrameBound(nuint sourceBytes, in Lz4Preferences preferences);

    [LibraryImport(Library)]
    public static partial nuint LZ4F_compressFrame(
        byte* destination, nuint destinationBytes, byte* source, nuint sourceBytes, in Lz4Preferences preferences);

    [LibraryImport(Library)]
    public static partial nuint LZ4F_createDecompressionContext(out nint context, uint version);

    [LibraryImport(Library)]
    public static partial nuint LZ4F_freeDecompressionContext(nint context);

    [LibraryImport(Library)]
    public static partial nuint LZ4F_decompress(
        nint context, byte* destination, ref nuint destinationBytes, byte* source, ref nuint sourceBytes, nint options);
}
