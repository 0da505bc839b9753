namespace Spillway.Kafka.Compression;

/// <summary>How decompression ended. A value, since compressed bytes come from clients and may be anything.</summary>
public enum CodecStatus
{
    /// <summary>All of it came out.</summary>
    Ok,

    /// <summary>The bytes are not what the codec writes.</summary>
    Corrupt,

    /// <summary>More would come out than the destination's limit allows.</summary>
    TooLarge,

    /// <summary>No such codec, or its native library is not on this machine: UNSUPPORTED_COMPRESSION_TYPE.</summary>
    Unavailable,
}
