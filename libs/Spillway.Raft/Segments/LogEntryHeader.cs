using System.Buffers.Binary;

namespace Spillway.Raft.Segments;

/// <summary>
/// The head of an entry: its place in the log and who proposed it, so that on apply only the proposer completes it.
/// Payload: index u64 · term u64 · type u8 · zero u8[3] · command count u32 · node id u64 · process epoch u64 ·
/// tag u64, then per command its length u32 and its bytes.
/// </summary>
internal readonly record struct LogEntryHeader(
    ulong Index, ulong Term, LogEntryType Type, int CommandCount, ulong NodeId, ulong ProcessEpoch, ulong Tag)
{
    public const int Bytes = 48;

    public void WriteTo(Span<byte> payload)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(payload, Index);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[8..], Term);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[16..], (byte)Type);
        BinaryPrimitives.WriteInt32LittleEndian(payload[20..], CommandCount);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[24..], NodeId);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[32..], ProcessEpoch);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[40..], Tag);
    }

    /// <summary>Reads the head and checks that the commands behind it fill the payload exactly.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, out LogEntryHeader header)
    {
        header = default;
        if (payload.Length < Bytes)
        {
            return false;
        }

        header = new LogEntryHeader(
            BinaryPrimitives.ReadUInt64LittleEndian(payload),
            BinaryPrimitives.ReadUInt64LittleEndian(payload[8..]),
            (LogEntryType)payload[16],
            BinaryPrimitives.ReadInt32LittleEndian(payload[20..]),
            BinaryPrimitives.ReadUInt64LittleEndian(payload[24..]),
            BinaryPrimitives.ReadUInt64LittleEndian(payload[32..]),
            BinaryPrimitives.ReadUInt64LittleEndian(payload[40..]));

        var position = Bytes;
        for (var i = 0; i < header.CommandCount; i++)
        {
            if (payload.Length - position < sizeof(uint))
            {
                return false;
            }

            var length = BinaryPrimitives.ReadUInt32LittleEndian(payload[position..]);
            position += sizeof(uint);
            if (length > (uint)(payload.Length - position))
            {
                return false;
            }

            position += (int)length;
        }

        return header.CommandCount >= 0 && position == payload.Length;
    }
}
