using System.Buffers.Binary;
using Spillway.Kafka.Records;

namespace Spillway.Storage.Wal;

/// <summary>
/// The first 4 KiB of a segment: whose it is and when it began. Little-endian, fixed places:
/// magic "SPWALSEG" 8 · version 2 · reserved 2 · writerId 4 · writerEpoch 8 · segmentId 8 · createdMs 8 ·
/// clusterId 16 · zeros · crc32c of all before, at 4092.
/// </summary>
public readonly record struct WalSegmentHeader
{
    /// <summary>The size of the header in the file.</summary>
    public const int LengthBytes = WalFormat.AlignmentBytes;

    private const int VersionAt = 8;
    private const int WriterIdAt = 12;
    private const int WriterEpochAt = 16;
    private const int SegmentIdAt = 24;
    private const int CreatedAt = 32;
    private const int ClusterIdAt = 40;
    private const int CrcAt = LengthBytes - 4;

    private static ReadOnlySpan<byte> Magic => "SPWALSEG"u8;

    /// <summary>The cluster the segment belongs to, so that a volume mounted in the wrong cluster is noticed.</summary>
    public required Guid ClusterId { get; init; }

    /// <summary>The only writer that ever writes this file.</summary>
    public required int WriterId { get; init; }

    /// <summary>The writer epoch the segment was opened under.</summary>
    public required long WriterEpoch { get; init; }

    /// <summary>The segment's id, given out by metadata.</summary>
    public required long SegmentId { get; init; }

    /// <summary>When the writer created the file, in milliseconds since the Unix epoch; for people, nothing depends on it.</summary>
    public required long CreatedMs { get; init; }

    /// <summary>Writes the header into a buffer of <see cref="LengthBytes"/>.</summary>
    public void Write(Span<byte> destination)
    {
        destination = destination[..LengthBytes];
        destination.Clear();
        Magic.CopyTo(destination);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[VersionAt..], WalFormat.Version);
        BinaryPrimitives.WriteInt32LittleEndian(destination[WriterIdAt..], WriterId);
        BinaryPrimitives.WriteInt64LittleEndian(destination[WriterEpochAt..], WriterEpoch);
        BinaryPrimitives.WriteInt64LittleEndian(destination[SegmentIdAt..], SegmentId);
        BinaryPrimitives.WriteInt64LittleEndian(destination[CreatedAt..], CreatedMs);
        ClusterId.TryWriteBytes(destination[ClusterIdAt..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[CrcAt..], Crc32C.Compute(destination[..CrcAt]));
    }

    /// <summary>Reads a header; false when the bytes are not an intact header of a version this code knows.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out WalSegmentHeader header)
    {
        header = default;
        if (source.Length < LengthBytes
            || !source.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(source[CrcAt..]) != Crc32C.Compute(source[..CrcAt])
            || BinaryPrimitives.ReadUInt16LittleEndian(source[VersionAt..]) is 0 or > WalFormat.Version)
        {
            return false;
        }

        header = new WalSegmentHeader
        {
            ClusterId = new Guid(source.Slice(ClusterIdAt, 16), bigEndian: true),
            WriterId = BinaryPrimitives.ReadInt32LittleEndian(source[WriterIdAt..]),
            WriterEpoch = BinaryPrimitives.ReadInt64LittleEndian(source[WriterEpochAt..]),
            SegmentId = BinaryPrimitives.ReadInt64LittleEndian(source[SegmentIdAt..]),
            CreatedMs = BinaryPrimitives.ReadInt64LittleEndian(source[CreatedAt..]),
        };
        return true;
    }
}
