using System.Buffers;

namespace Spillway.Storage.Objects;

/// <summary>
/// Bytes to be stored, in one or many pieces, with their checksum. It may be read any number of times, so that a retry sends what the first
/// attempt sent; the memory stays the caller's and must not change until the put has returned.
/// </summary>
public sealed class ObjectPayload
{
    /// <summary>Takes a sequence and computes its checksum.</summary>
    public ObjectPayload(ReadOnlySequence<byte> bytes)
    {
        Bytes = bytes;
        Crc32C = Kafka.Records.Crc32C.Compute(bytes);
    }

    /// <summary>Takes one piece.</summary>
    public ObjectPayload(ReadOnlyMemory<byte> bytes)
        : this(new ReadOnlySequence<byte>(bytes))
    {
    }

    /// <summary>The bytes.</summary>
    public ReadOnlySequence<byte> Bytes { get; }

    /// <summary>How many bytes.</summary>
    public long LengthBytes => Bytes.Length;

    /// <summary>CRC-32C of all bytes.</summary>
    public uint Crc32C { get; }

    /// <summary>Takes the pieces in their order.</summary>
    public static ObjectPayload FromPieces(IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        return new ObjectPayload(PayloadSegment.Join(pieces));
    }

    /// <summary>A part of the payload with a checksum of its own.</summary>
    public ObjectPayload Slice(long positionBytes, long lengthBytes) => new(Bytes.Slice(positionBytes, lengthBytes));

    /// <summary>A seekable stream over the bytes, from the first.</summary>
    public Stream OpenRead() => new PayloadStream(Bytes);
}
