namespace Spillway.Kafka.Compression;

/// <summary>A batch was to be compressed with a codec whose native library is not on this machine.</summary>
public sealed class CodecUnavailableException : NotSupportedException
{
    internal CodecUnavailableException(CompressionType type, string message)
        : base(message) => Type = type;

    /// <summary>The codec that is missing.</summary>
    public CompressionType Type { get; }
}
