using System.Buffers;

namespace Spillway.Storage.Objects;

/// <summary>A link of a sequence over separate pieces of memory.</summary>
internal sealed class PayloadSegment : ReadOnlySequenceSegment<byte>
{
    private PayloadSegment(ReadOnlyMemory<byte> memory, long runningIndex)
    {
        Memory = memory;
        RunningIndex = runningIndex;
    }

    public static ReadOnlySequence<byte> Join(IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        PayloadSegment? first = null;
        PayloadSegment? last = null;
        foreach (var piece in pieces)
        {
            if (piece.IsEmpty)
            {
                continue;
            }

            var segment = new PayloadSegment(piece, last is null ? 0 : last.RunningIndex + last.Memory.Length);
            first ??= segment;
            last?.Next = segment;
            last = segment;
        }

        return first is null ? ReadOnlySequence<byte>.Empty : new ReadOnlySequence<byte>(first, 0, last!, last!.Memory.Length);
    }
}
