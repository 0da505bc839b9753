using System.Runtime.InteropServices;

namespace Spillway.Kafka.Compression;

/// <summary>Whether a system library can be loaded; asked once for each.</summary>
internal static class NativeLibraries
{
    public static bool CanLoad(string name) =>
        NativeLibrary.TryLoad(name, typeof(NativeLibraries).Assembly, searchPath: null, out _);
}
