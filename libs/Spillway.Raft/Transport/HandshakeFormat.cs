using System.Buffers.Binary;
using System.Text;
using Spillway.Raft.Snapshots;

namespace Spillway.Raft.Transport;

/// <summary>
/// The first bytes of a connection (docs/formats/raft-messages.md). Greeting: magic u8[8] · version u8 · purpose u8 · address
/// bytes u16 · cluster id u8[16] · from, to, snapshot index, snapshot term u64 each · CRC-32C of all else u32 · address.
/// Answer: magic u8[8] · version u8 · status u8 · zero u16 · detail u64 · CRC-32C of what precedes u32. The detail of a snapshot
/// is its file's length; else the applied index of who answers, where it takes the other for no member, or 0.
/// </summary>
internal static class HandshakeFormat
{
    public const byte Version = 1;
    public const int GreetingHeaderBytes = 64;
    public const int AddressBytesMax = 255;
    public const int GreetingBytesMax = GreetingHeaderBytes + AddressBytesMax;
    public const int AnswerBytes = 24;

    private const int GreetingChecksumPosition = 60;
    private const int AnswerChecksumPosition = 20;

    private static ReadOnlySpan<byte> Magic => "SPWYRAFT"u8;

    public static byte[] WriteGreeting(Greeting greeting)
    {
        var address = Encoding.UTF8.GetBytes(greeting.Address);
        if (address.Length > AddressBytesMax)
        {
            throw new ArgumentException($"The address {greeting.Address} is too long.", nameof(greeting));
        }

        var bytes = new byte[GreetingHeaderBytes + address.Length];
        Magic.CopyTo(bytes);
        bytes[8] = Version;
        bytes[9] = (byte)greeting.Purpose;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(10), (ushort)address.Length);
        greeting.ClusterId.TryWriteBytes(bytes.AsSpan(12), bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(28), greeting.From);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(36), greeting.To);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(44), greeting.Snapshot.Index);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(52), greeting.Snapshot.Term);
        address.CopyTo(bytes.AsSpan(GreetingHeaderBytes));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(GreetingChecksumPosition), GreetingChecksum(bytes));
        return bytes;
    }

    /// <summary>How many bytes follow the header; null where it does not begin like a greeting.</summary>
    public static int? ReadAddressBytes(ReadOnlySpan<byte> header)
    {
        var addressBytes = BinaryPrimitives.ReadUInt16LittleEndian(header[10..]);
        return header.StartsWith(Magic) && addressBytes <= AddressBytesMax ? addressBytes : null;
    }

    /// <summary>Reads a greeting, header and address; null with the version it has where it is not one of this version.</summary>
    public static Greeting? ReadGreeting(ReadOnlySpan<byte> bytes, out byte version)
    {
        version = bytes[8];
        if (version != Version
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[GreetingChecksumPosition..]) != GreetingChecksum(bytes)
            || bytes[9] is not ((byte)ConnectionPurpose.Messages or (byte)ConnectionPurpose.Snapshot))
        {
            return null;
        }

        return new Greeting(
            (ConnectionPurpose)bytes[9],
            new Guid(bytes.Slice(12, 16), bigEndian: true),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[28..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[36..]),
            new SnapshotId(
                BinaryPrimitives.ReadUInt64LittleEndian(bytes[44..]),
                BinaryPrimitives.ReadUInt64LittleEndian(bytes[52..])),
            Encoding.UTF8.GetString(bytes[GreetingHeaderBytes..]));
    }

    public static byte[] WriteAnswer(HandshakeStatus status, ulong detail = 0)
    {
        var bytes = new byte[AnswerBytes];
        Magic.CopyTo(bytes);
        bytes[8] = Version;
        bytes[9] = (byte)status;
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(12), detail);
        BinaryPrimitives.WriteUInt32LittleEndian(
            bytes.AsSpan(AnswerChecksumPosition), Crc32C.Compute(bytes.AsSpan(0, AnswerChecksumPosition)));
        return bytes;
    }

    /// <summary>Reads an answer; false where it is none. A status that is not known is handed on as it is.</summary>
    public static bool TryReadAnswer(ReadOnlySpan<byte> bytes, out HandshakeStatus status, out ulong detail)
    {
        status = (HandshakeStatus)bytes[9];
        detail = BinaryPrimitives.ReadUInt64LittleEndian(bytes[12..]);
        return bytes.StartsWith(Magic)
            && BinaryPrimitives.ReadUInt32LittleEndian(bytes[AnswerChecksumPosition..])
                == Crc32C.Compute(bytes[..AnswerChecksumPosition]);
    }

    private static uint GreetingChecksum(ReadOnlySpan<byte> bytes) =>
        Crc32C.Append(Crc32C.Compute(bytes[..GreetingChecksumPosition]), bytes[GreetingHeaderBytes..]);
}
