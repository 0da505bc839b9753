using System.Buffers;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>Record batches that lie in several buffers, strung together without a copy.</summary>
internal sealed class BatchSequence
{
    private Segment? _first;
    private Segment? _last;

    public long Bytes { get; private set; }

    public bool IsEmpty => _first is null;

    public void Add(ReadOnlyMemory<byte> batches)
    {
        _last = _last is null ? _first = new Segment(batches) : _last.Append(batches);
        Bytes += batches.Length;
    }

    public ReadOnlySequence<byte> ToSequence() =>
        _first is null ? ReadOnlySequence<byte>.Empty : new ReadOnlySequence<byte>(_first, 0, _last!, _last!.Memory.Length);

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory) => Memory = memory;

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
