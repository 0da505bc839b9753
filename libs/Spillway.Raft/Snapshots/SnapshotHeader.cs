using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Spillway.Raft.Snapshots;

/// <summary>
/// The first page of a snapshot file (docs/formats/metadata-snapshot.md); the state machine's content follows it to the
/// end of the file. Written last, for it holds the content's length and checksum.
/// </summary>
internal sealed record SnapshotHeader(
    Guid ClusterId,
    ulong NodeId,
    SnapshotId Id,
    long ContentBytes,
    uint ContentChecksum,
    IReadOnlyList<GroupMember> Members)
{
    public const int Bytes = 4096;
    public const uint Version = 2;

    private const string Prefix = "snapshot-";
    private const string Suffix = ".snap";
    private const uint VersionWithoutServiceAddress = 1;
    private const int FixedBytes = 80;
    private const int MemberBytes = 13;
    private const int ChecksumPosition = Bytes - sizeof(uint);

    private static ReadOnlySpan<byte> Magic => "SPWYSNAP"u8;

    public static string NameOf(ulong index) => $"{Prefix}{index:x16}{Suffix}";

    public static bool TryParseName(string name, out ulong index)
    {
        index = 0;
        return name.Length == Prefix.Length + 16 + Suffix.Length
            && name.StartsWith(Prefix, StringComparison.Ordinal)
            && name.EndsWith(Suffix, StringComparison.Ordinal)
            && ulong.TryParse(
                name.AsSpan(Prefix.Length, 16),
                NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture,
                out index);
    }

    public void WriteTo(Span<byte> page)
    {
        page[..Bytes].Clear();
        Magic.CopyTo(page);
        BinaryPrimitives.WriteUInt32LittleEndian(page[8..], Version);
        BinaryPrimitives.WriteUInt32LittleEndian(page[12..], Bytes);
        ClusterId.TryWriteBytes(page[16..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64LittleEndian(page[32..], NodeId);
        BinaryPrimitives.WriteUInt64LittleEndian(page[40..], Id.Index);
        BinaryPrimitives.WriteUInt64LittleEndian(page[48..], Id.Term);
        BinaryPrimitives.WriteInt64LittleEndian(page[56..], ContentBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(page[64..], ContentChecksum);
        BinaryPrimitives.WriteInt32LittleEndian(page[68..], Members.Count);

        var position = FixedBytes;
        foreach (var member in Members)
        {
            var addressBytes = Encoding.UTF8.GetByteCount(member.Address);
            var serviceAddressBytes = Encoding.UTF8.GetByteCount(member.ServiceAddress);
            if (position + MemberBytes + addressBytes + serviceAddressBytes > ChecksumPosition)
            {
                throw new InvalidOperationException($"{Members.Count} members do not fit a snapshot's header.");
            }

            BinaryPrimitives.WriteUInt64LittleEndian(page[position..], member.NodeId);
            page[position + 8] = member.Voter ? (byte)1 : (byte)0;
            BinaryPrimitives.WriteUInt16LittleEndian(page[(position + 9)..], (ushort)addressBytes);
            BinaryPrimitives.WriteUInt16LittleEndian(page[(position + 11)..], (ushort)serviceAddressBytes);
            position += MemberBytes;
            position += Encoding.UTF8.GetBytes(member.Address, page[position..]);
            position += Encoding.UTF8.GetBytes(member.ServiceAddress, page[position..]);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(
            page[ChecksumPosition..], Crc32C.Compute(page[..ChecksumPosition]));
    }

    /// <summary>Reads a header; null with the reason when it is not one.</summary>
    public static SnapshotHeader? Read(ReadOnlySpan<byte> page, out string reason)
    {
        reason = "";
        if (page.Length < Bytes || !page.StartsWith(Magic))
        {
            reason = "not a snapshot";
        }
        else if (BinaryPrimitives.ReadUInt32LittleEndian(page[ChecksumPosition..])
            != Crc32C.Compute(page[..ChecksumPosition]))
        {
            reason = "the header's checksum is wrong";
        }
        else if (BinaryPrimitives.ReadUInt32LittleEndian(page[8..]) is not (Version or VersionWithoutServiceAddress))
        {
            reason = $"format version {BinaryPrimitives.ReadUInt32LittleEndian(page[8..])} is not known";
        }
        else if (!TryReadMembers(page, out var members))
        {
            reason = "the member list overruns the header";
        }
        else
        {
            return new SnapshotHeader(
                new Guid(page.Slice(16, 16), bigEndian: true),
                BinaryPrimitives.ReadUInt64LittleEndian(page[32..]),
                new SnapshotId(
                    BinaryPrimitives.ReadUInt64LittleEndian(page[40..]),
                    BinaryPrimitives.ReadUInt64LittleEndian(page[48..])),
                BinaryPrimitives.ReadInt64LittleEndian(page[56..]),
                BinaryPrimitives.ReadUInt32LittleEndian(page[64..]),
                members);
        }

        return null;
    }

    private static bool TryReadMembers(ReadOnlySpan<byte> page, out List<GroupMember> members)
    {
        members = [];
        var hasServiceAddress = BinaryPrimitives.ReadUInt32LittleEndian(page[8..]) != VersionWithoutServiceAddress;
        var fixedBytes = hasServiceAddress ? MemberBytes : MemberBytes - sizeof(ushort);
        var position = FixedBytes;
        for (var left = BinaryPrimitives.ReadInt32LittleEndian(page[68..]); left > 0; left--)
        {
            if (position + fixedBytes > ChecksumPosition)
            {
                return false;
            }

            var nodeId = BinaryPrimitives.ReadUInt64LittleEndian(page[position..]);
            var voter = page[position + 8] != 0;
            var addressBytes = BinaryPrimitives.ReadUInt16LittleEndian(page[(position + 9)..]);
            var serviceAddressBytes = hasServiceAddress
                ? BinaryPrimitives.ReadUInt16LittleEndian(page[(position + 11)..])
                : (ushort)0;
            position += fixedBytes;
            if (position + addressBytes + serviceAddressBytes > ChecksumPosition)
            {
                return false;
            }

            members.Add(new GroupMember(
                nodeId,
                voter,
                Encoding.UTF8.GetString(page.Slice(position, addressBytes)),
                Encoding.UTF8.GetString(page.Slice(position + addressBytes, serviceAddressBytes))));
            position += addressBytes + serviceAddressBytes;
        }

        return true;
    }
}
