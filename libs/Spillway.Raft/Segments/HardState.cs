using System.Buffers.Binary;

namespace Spillway.Raft.Segments;

/// <summary>
/// What a node must not forget besides its entries. Term and vote are promises, never lowered; commit is a hint that
/// recovery clamps to what the log really holds. Payload: term u64 · vote u64 (0 none) · commit u64.
/// </summary>
internal readonly record struct HardState(ulong Term, ulong Vote, ulong Commit)
{
    public const int PayloadBytes = 24;

    public void WriteTo(Span<byte> payload)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(payload, Term);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[8..], Vote);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[16..], Commit);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out HardState state)
    {
        state = default;
        if (payload.Length < PayloadBytes)
        {
            return false;
        }

        state = new HardState(
            BinaryPrimitives.ReadUInt64LittleEndian(payload),
            BinaryPrimitives.ReadUInt64LittleEndian(payload[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(payload[16..]));
        return true;
    }
}
