using System.Buffers.Binary;
using System.Globalization;

namespace Spillway.Raft.Segments;

/// <summary>
/// The first page of a segment (docs/formats/metadata-log.md); records begin behind it. A segment appears under its
/// name only when its header and first record are durable, so a bad header is damage, never a crash.
/// </summary>
/// <param name="ClusterId">Whose log it is.</param>
/// <param name="NodeId">Which node's.</param>
/// <param name="Number">Counts the node's segments from 1 without a gap.</param>
/// <param name="FirstIndex">The index that was next when the segment was opened.</param>
/// <param name="PreviousTerm">Term of the entry before it.</param>
internal readonly record struct SegmentHeader(
    Guid ClusterId, ulong NodeId, ulong Number, ulong FirstIndex, ulong PreviousTerm)
{
    public const int Bytes = 4096;
    public const uint Version = 1;
    public const string TemporarySuffix = ".tmp";

    private const string Prefix = "log-";
    private const string Suffix = ".seg";
    private const int ChecksummedBytes = 64;

    private static ReadOnlySpan<byte> Magic => "SPWYRLOG"u8;

    public static string NameOf(ulong number) => $"{Prefix}{number:x16}{Suffix}";

    public static bool TryParseName(string name, out ulong number)
    {
        number = 0;
        return name.Length == Prefix.Length + 16 + Suffix.Length
            && name.StartsWith(Prefix, StringComparison.Ordinal)
            && name.EndsWith(Suffix, StringComparison.Ordinal)
            && ulong.TryParse(
                name.AsSpan(Prefix.Length, 16),
                NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture,
                out number);
    }

    public void WriteTo(Span<byte> page)
    {
        page[..Bytes].Clear();
        Magic.CopyTo(page);
        BinaryPrimitives.WriteUInt32LittleEndian(page[8..], Version);
        BinaryPrimitives.WriteUInt32LittleEndian(page[12..], Bytes);
        ClusterId.TryWriteBytes(page[16..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64LittleEndian(page[32..], NodeId);
        BinaryPrimitives.WriteUInt64LittleEndian(page[40..], Number);
        BinaryPrimitives.WriteUInt64LittleEndian(page[48..], FirstIndex);
        BinaryPrimitives.WriteUInt64LittleEndian(page[56..], PreviousTerm);
        BinaryPrimitives.WriteUInt32LittleEndian(page[64..], Crc32C.Compute(page[..ChecksummedBytes]));
    }

    /// <summary>Reads a header; null with the reason when it is not one.</summary>
    public static SegmentHeader? Read(ReadOnlySpan<byte> page, out string reason)
    {
        reason = "";
        if (page.Length < Bytes || !page.StartsWith(Magic))
        {
            reason = "not a log segment";
        }
        else if (BinaryPrimitives.ReadUInt32LittleEndian(page[64..]) != Crc32C.Compute(page[..ChecksummedBytes]))
        {
            reason = "the segment header's checksum is wrong";
        }
        else if (BinaryPrimitives.ReadUInt32LittleEndian(page[8..]) != Version
            || BinaryPrimitives.ReadUInt32LittleEndian(page[12..]) != Bytes)
        {
            reason = $"format version {BinaryPrimitives.ReadUInt32LittleEndian(page[8..])} is not known";
        }
        else
        {
            return new SegmentHeader(
                new Guid(page.Slice(16, 16), bigEndian: true),
                BinaryPrimitives.ReadUInt64LittleEndian(page[32..]),
                BinaryPrimitives.ReadUInt64LittleEndian(page[40..]),
                BinaryPrimitives.ReadUInt64LittleEndian(page[48..]),
                BinaryPrimitives.ReadUInt64LittleEndian(page[56..]));
        }

        return null;
    }
}
