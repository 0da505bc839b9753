using System.Runtime.InteropServices;

namespace Spillway.Kafka.Compression;

/// <summary>LZ4F_preferences_t with its LZ4F_frameInfo_t in front; the fields we leave are zero, which is their default.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct Lz4Preferences(int blockSizeId, int blockMode, int compressionLevel)
{
    public readonly int BlockSizeId = blockSizeId;
    public readonly int BlockMode = blockMode;
    public readonly int ContentChecksumFlag;
    public readonly int FrameType;
    public readonly ulong ContentSize;
    public readonly uint DictionaryId;
    public readonly int BlockChecksumFlag;
    public readonly int CompressionLevel = compressionLevel;
    public readonly uint AutoFlush;
    public readonly uint FavorDecompressionSpeed;
    public readonly uint Reserved0;
    public readonly uint Reserved1;
    public readonly uint Reserved2;
}
