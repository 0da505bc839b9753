using System.Runtime.InteropServices;

namespace Spillway.Kafka.Compression;

/// <summary>The part of zstd.h that we call; an error is a size that ZSTD_isError knows.</summary>
internal static unsafe partial class ZstdNative
{
    public const string Library = "libzstd.so.1";

    /// <summary>ZSTD_CLEVEL_DEFAULT.</summary>
    public const int DefaultLevel = 3;

    [LibraryImport(Library)]
    public static partial uint ZSTD_isError(nuint code);

    [LibraryImport(Library)]
    public static partial nuint ZSTD_compressBound(nuint sourceBytes);

    [LibraryImport(Library)]
    public static partial nuint ZSTD_compress(
        byte* destination, nuint destinationBytes, byte* source, nuint sourceBytes, int level);

    [LibraryImport(Library)]
    public static partial nint ZSTD_createDCtx();

    [LibraryImport(Library)]
    public static partial nuint ZSTD_freeDCtx(nint context);

    [LibraryImport(Library)]
    public static partial nuint ZSTD_decompressStream(nint context, ref ZstdBuffer output, ref ZstdBuffer input);
}
