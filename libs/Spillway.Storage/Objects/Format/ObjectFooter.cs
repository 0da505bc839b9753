using System.Buffers.Binary;
using static Spillway.Storage.Objects.Format.ObjectFormat;

namespace Spillway.Storage.Objects.Format;

/// <summary>
/// The last 64 bytes of an object.
/// <code>
/// footer = magic(8) version(2) kind(2) data-block-count(4) object-id(8) index-position(8) index-length(8) index-crc32c(4) reserved(16)
///          footer-crc32c(4)              ; of the 60 bytes before it
/// </code>
/// </summary>
/// <param name="Kind">What the object holds.</param>
/// <param name="ObjectId">The id that metadata gave it: an object under a wrong key is noticed.</param>
/// <param name="DataBlockCount">Entries of the index.</param>
/// <param name="IndexPosition">Where the index begins; the data blocks lie before it.</param>
/// <param name="IndexLengthBytes">Its length.</param>
/// <param name="IndexCrc32C">Its checksum.</param>
public readonly record struct ObjectFooter(
    ObjectKind Kind,
    long ObjectId,
    int DataBlockCount,
    long IndexPosition,
    long IndexLengthBytes,
    uint IndexCrc32C)
{
    private const int CrcPosition = FooterBytes - sizeof(uint);

    /// <summary>Reads and verifies the footer of an object of a given size.</summary>
    /// <exception cref="ObjectCorruptException">It is not one, or does not fit the object.</exception>
    public static ObjectFooter Read(string key, ReadOnlySpan<byte> bytes, long objectSizeBytes)
    {
        if (bytes.Length != FooterBytes || objectSizeBytes < FooterBytes)
        {
            throw Corrupt(key, "it is shorter than a footer");
        }

        if (BinaryPrimitives.ReadUInt64LittleEndian(bytes) != FooterMagic)
        {
            throw Corrupt(key, "its footer has another magic");
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[CrcPosition..]) != Kafka.Records.Crc32C.Compute(bytes[..CrcPosition]))
        {
            throw Corrupt(key, "its footer has a wrong checksum");
        }

        var version = BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]);
        if (version != ObjectFormat.Version)
        {
            throw Corrupt(key, $"it has format version {version}, and this build reads {ObjectFormat.Version}");
        }

        var footer = new ObjectFooter(
            (ObjectKind)BinaryPrimitives.ReadUInt16LittleEndian(bytes[10..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[40..]));
        if (!footer.Fits(objectSizeBytes))
        {
            throw Corrupt(key, $"its footer describes another object than one of {objectSizeBytes} bytes");
        }

        return footer;
    }

    /// <summary>Writes the footer with its checksum.</summary>
    public void Write(Span<byte> bytes)
    {
        bytes[..FooterBytes].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, FooterMagic);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[8..], ObjectFormat.Version);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[10..], (ushort)Kind);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[12..], DataBlockCount);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], ObjectId);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], IndexPosition);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[32..], IndexLengthBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[40..], IndexCrc32C);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[CrcPosition..], Kafka.Records.Crc32C.Compute(bytes[..CrcPosition]));
    }

    /// <summary>Whether these bytes are sound and of a version that this build does not know: not damage.</summary>
    internal static bool IsOfLaterVersion(ReadOnlySpan<byte> bytes) =>
        bytes.Length == FooterBytes
        && BinaryPrimitives.ReadUInt64LittleEndian(bytes) == FooterMagic
        && BinaryPrimitives.ReadUInt32LittleEndian(bytes[CrcPosition..]) == Kafka.Records.Crc32C.Compute(bytes[..CrcPosition])
        && BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]) > ObjectFormat.Version;

    internal static ObjectCorruptException Corrupt(string key, string reason) => new(key, $"Object '{key}' cannot be read: {reason}.");

    private bool Fits(long objectSizeBytes) =>
        DataBlockCount >= 0
        && IndexLengthBytes == (long)DataBlockCount * IndexEntryBytes
        && IndexLengthBytes <= IndexBytesMax
        && IndexPosition >= 0
        && IndexPosition == objectSizeBytes - FooterBytes - IndexLengthBytes;
}
