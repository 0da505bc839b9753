namespace Spillway.Kafka.Compression;

/// <summary>The codec of a record batch, as the low three bits of its attributes name it.</summary>
public enum CompressionType
{
    /// <summary>Records as they are.</summary>
    None = 0,

    /// <summary>RFC 1952.</summary>
    Gzip = 1,

    /// <summary>Snappy blocks, framed as xerial's snappy-java does or one bare block.</summary>
    Snappy = 2,

    /// <summary>The LZ4 frame format.</summary>
    Lz4 = 3,

    /// <summary>Zstandard frames; Produce v7 and Fetch v10 onwards.</summary>
    Zstd = 4,
}
