using System.Buffers.Binary;
using Spillway.Kafka.Records;

namespace Spillway.Storage.Wal;

/// <summary>
/// The head of a block; the directory of <see cref="Count"/> entries follows it, then the payload, then zeros up to the
/// next boundary. Little-endian, fixed places: magic "SPWB" 4 · version 2 · reserved 2 · segmentId 8 · writerEpoch 8 · blockSeq 8 ·
/// position 8 · payloadLength 4 · count 4 · payloadCrc 4 · reserved 8 · headCrc 4 (of header, itself as zero, and directory).
/// </summary>
public readonly record struct WalBlockHeader
{
    /// <summary>The size of the header in the file.</summary>
    public const int LengthBytes = 64;

    private const int VersionAt = 4;
    private const int SegmentIdAt = 8;
    private const int WriterEpochAt = 16;
    private const int BlockSeqAt = 24;
    private const int PositionAt = 32;
    private const int PayloadLengthAt = 40;
    private const int CountAt = 44;
    private const int PayloadCrcAt = 48;
    private const int HeadCrcAt = 60;

    private static ReadOnlySpan<byte> Magic => "SPWB"u8;

    /// <summary>The segment this block was written to; a block copied elsewhere is not taken for one of there.</summary>
    public required long SegmentId { get; init; }

    /// <summary>The writer epoch it was written under.</summary>
    public required long WriterEpoch { get; init; }

    /// <summary>Its number within the writer epoch; a replay after a failed flush keeps it.</summary>
    public required long BlockSeq { get; init; }

    /// <summary>Where the block begins in its segment, in bytes.</summary>
    public required long Position { get; init; }

    /// <summary>The length of all batches together, in bytes.</summary>
    public required int PayloadBytes { get; init; }

    /// <summary>How many batches there are.</summary>
    public required int Count { get; init; }

    /// <summary>CRC-32C of the payload.</summary>
    public required uint PayloadCrc { get; init; }

    /// <summary>The size of header and directory in the file.</summary>
    public int HeadBytes => GetHeadBytes(Count);

    /// <summary>Where in the segment the payload begins.</summary>
    public long PayloadPosition => Position + HeadBytes;

    /// <summary>Where the next block may begin.</summary>
    public long EndPosition => WalFormat.AlignUp(PayloadPosition + PayloadBytes);

    /// <summary>The size of header and directory of a block of so many batches.</summary>
    public static int GetHeadBytes(int count) => LengthBytes + (count * WalDirectoryEntry.EncodedBytes);

    /// <summary>
    /// Writes the header in front of a directory that is in <paramref name="head"/> already, and seals both with the checksum.
    /// </summary>
    public void Write(Span<byte> head)
    {
        head = head[..HeadBytes];
        head[..LengthBytes].Clear();
        Magic.CopyTo(head);
        BinaryPrimitives.WriteUInt16LittleEndian(head[VersionAt..], WalFormat.Version);
        BinaryPrimitives.WriteInt64LittleEndian(head[SegmentIdAt..], SegmentId);
        BinaryPrimitives.WriteInt64LittleEndian(head[WriterEpochAt..], WriterEpoch);
        BinaryPrimitives.WriteInt64LittleEndian(head[BlockSeqAt..], BlockSeq);
        BinaryPrimitives.WriteInt64LittleEndian(head[PositionAt..], Position);
        BinaryPrimitives.WriteInt32LittleEndian(head[PayloadLengthAt..], PayloadBytes);
        BinaryPrimitives.WriteInt32LittleEndian(head[CountAt..], Count);
        BinaryPrimitives.WriteUInt32LittleEndian(head[PayloadCrcAt..], PayloadCrc);
        BinaryPrimitives.WriteUInt32LittleEndian(head[HeadCrcAt..], Crc32C.Compute(head));
    }

    /// <summary>
    /// Reads the fields of something that looks like a block header; false when it does not. The fields are a claim until
    /// <see cref="IsHeadIntact"/> has been asked with the directory at hand.
    /// </summary>
    public static bool TryReadUnverified(ReadOnlySpan<byte> source, out WalBlockHeader header)
    {
        header = default;
        if (source.Length < LengthBytes
            || !source.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt16LittleEndian(source[VersionAt..]) is 0 or > WalFormat.Version)
        {
            return false;
        }

        header = new WalBlockHeader
        {
            SegmentId = BinaryPrimitives.ReadInt64LittleEndian(source[SegmentIdAt..]),
            WriterEpoch = BinaryPrimitives.ReadInt64LittleEndian(source[WriterEpochAt..]),
            BlockSeq = BinaryPrimitives.ReadInt64LittleEndian(source[BlockSeqAt..]),
            Position = BinaryPrimitives.ReadInt64LittleEndian(source[PositionAt..]),
            PayloadBytes = BinaryPrimitives.ReadInt32LittleEndian(source[PayloadLengthAt..]),
            Count = BinaryPrimitives.ReadInt32LittleEndian(source[CountAt..]),
            PayloadCrc = BinaryPrimitives.ReadUInt32LittleEndian(source[PayloadCrcAt..]),
        };
        return header.PayloadBytes >= 0
            && header.Count >= 0
            && header.Count <= (int.MaxValue - LengthBytes) / WalDirectoryEntry.EncodedBytes;
    }

    /// <summary>Whether header and directory are what was written. The span begins with the header and holds the directory.</summary>
    public bool IsHeadIntact(ReadOnlySpan<byte> head)
    {
        if (head.Length < HeadBytes)
        {
            return false;
        }

        var crc = Crc32C.Compute(head[..HeadCrcAt]);
        crc = Crc32C.Append(crc, stackalloc byte[4]);
        crc = Crc32C.Append(crc, head[LengthBytes..HeadBytes]);
        return crc == BinaryPrimitives.ReadUInt32LittleEndian(head[HeadCrcAt..]);
    }
}
