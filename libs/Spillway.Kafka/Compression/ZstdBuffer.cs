using System.Runtime.InteropServices;

namespace Spillway.Kafka.Compression;

/// <summary>ZSTD_inBuffer and ZSTD_outBuffer, which look the same.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ZstdBuffer(byte* start, int length)
{
    public byte* Start = start;
    public nuint Length = (nuint)length;
    public nuint Position;
}
