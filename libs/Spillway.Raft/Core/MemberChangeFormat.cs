using System.Buffers.Binary;
using System.Text;
using Spillway.Raft.Segments;

namespace Spillway.Raft.Core;

/// <summary>
/// A change of membership as the one command of its entry:
/// kind u8 · node id u64 · address length u16, UTF-8 · service address length u16, UTF-8.
/// </summary>
internal static class MemberChangeFormat
{
    private const int FixedBytes = 1 + sizeof(ulong) + sizeof(ushort) + sizeof(ushort);

    /// <summary>A whole entry payload for <see cref="IRaftCore.TryProposeChange"/>, but for index and term, which the core fills in.</summary>
    /// <exception cref="ArgumentException">An address takes more than 65,535 bytes.</exception>
    public static byte[] WriteEntry(MemberChange change, ulong proposerId, ulong processEpoch, ulong tag)
    {
        var addressBytes = Encoding.UTF8.GetByteCount(change.Address);
        var serviceAddressBytes = Encoding.UTF8.GetByteCount(change.ServiceAddress);
        if (Math.Max(addressBytes, serviceAddressBytes) > ushort.MaxValue)
        {
            throw new ArgumentException($"An address of node {change.NodeId} is too long.", nameof(change));
        }

        var commandBytes = FixedBytes + addressBytes + serviceAddressBytes;
        var payload = new byte[LogEntryHeader.Bytes + sizeof(uint) + commandBytes];
        new LogEntryHeader(0, 0, LogEntryType.Membership, 1, proposerId, processEpoch, tag).WriteTo(payload);
        var rest = payload.AsSpan(LogEntryHeader.Bytes);
        BinaryPrimitives.WriteInt32LittleEndian(rest, commandBytes);
        rest[4] = (byte)change.Kind;
        BinaryPrimitives.WriteUInt64LittleEndian(rest[5..], change.NodeId);
        rest = rest[13..];
        WriteText(ref rest, change.Address, addressBytes);
        WriteText(ref rest, change.ServiceAddress, serviceAddressBytes);
        return payload;
    }

    /// <summary>Reads the change out of an entry's payload; null where there is none that is known.</summary>
    public static MemberChange? ReadEntry(ReadOnlySpan<byte> payload)
    {
        if (!LogEntryHeader.TryRead(payload, out var header) || header.CommandCount != 1)
        {
            return null;
        }

        var command = payload[(LogEntryHeader.Bytes + sizeof(uint))..];
        if (command.Length < FixedBytes || command[0] is 0 or > (byte)MemberChangeKind.Readdress)
        {
            return null;
        }

        var kind = (MemberChangeKind)command[0];
        var nodeId = BinaryPrimitives.ReadUInt64LittleEndian(command[1..]);
        command = command[9..];
        return TryReadText(ref command, out var address) && TryReadText(ref command, out var serviceAddress)
            && command.IsEmpty
                ? new MemberChange(kind, nodeId, address, serviceAddress)
                : null;
    }

    private static void WriteText(ref Span<byte> rest, string text, int bytes)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(rest, (ushort)bytes);
        Encoding.UTF8.GetBytes(text, rest[sizeof(ushort)..]);
        rest = rest[(sizeof(ushort) + bytes)..];
    }

    private static bool TryReadText(ref ReadOnlySpan<byte> rest, out string text)
    {
        text = "";
        if (rest.Length < sizeof(ushort))
        {
            return false;
        }

        var bytes = BinaryPrimitives.ReadUInt16LittleEndian(rest);
        if (bytes > rest.Length - sizeof(ushort))
        {
            return false;
        }

        text = Encoding.UTF8.GetString(rest.Slice(sizeof(ushort), bytes));
        rest = rest[(sizeof(ushort) + bytes)..];
        return true;
    }
}
