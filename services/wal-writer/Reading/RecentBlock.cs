using Spillway.Kafka.Buffers;
using Spillway.WalWriter.Flushing;

namespace Spillway.WalWriter.Reading;

/// <summary>A committed block that is still in memory: its batches where the frontends' requests brought them. Holds a reference to each request.</summary>
internal sealed class RecentBlock
{
    // What the objects take beside the bytes, roughly: many small blocks must not weigh nothing.
    private const int BlockOverheadBytes = 200;
    private const int BatchOverheadBytes = 32;

    private readonly (int Position, ReadOnlyMemory<byte> Bytes)[] _batches;
    private readonly SharedBuffer[] _owners;

    /// <summary>Takes over one reference to each owner. The batches are in the order of the payload.</summary>
    public RecentBlock(
        long segmentId, long payloadPosition, (int Position, ReadOnlyMemory<byte> Bytes)[] batches, SharedBuffer[] owners)
    {
        SegmentId = segmentId;
        PayloadPosition = payloadPosition;
        _batches = batches;
        _owners = owners;
        EndPosition = payloadPosition + batches[^1].Position + batches[^1].Bytes.Length;
        ChargedBytes = BlockOverheadBytes + ((long)BatchOverheadBytes * batches.Length);
        foreach (var owner in owners)
        {
            ChargedBytes += BufferPool.CapacityFor(owner.Length);
        }
    }

    /// <summary>A block as it was committed. Its bytes must be held while this is called.</summary>
    public static RecentBlock Of(WriterBlock block)
    {
        var bytes = block.Bytes;
        var batches = new (int, ReadOnlyMemory<byte>)[bytes.Count];
        for (var i = 0; i < batches.Length; i++)
        {
            batches[i] = (bytes.Directory[i].Position, bytes.GetBatch(i));
        }

        var owners = new SharedBuffer[block.Appends.Count];
        for (var i = 0; i < owners.Length; i++)
        {
            owners[i] = block.Appends[i].Share();
        }

        return new RecentBlock(bytes.Header.SegmentId, bytes.Header.PayloadPosition, batches, owners);
    }

    public long SegmentId { get; }

    public long PayloadPosition { get; }

    public long EndPosition { get; }

    /// <summary>The memory that goes when the block goes.</summary>
    public long ChargedBytes { get; }

    /// <summary>The pieces of a range that lies in the block, with a reference to every owner. The caller's references keep the block alive.</summary>
    public (List<ReadOnlyMemory<byte>> Pieces, SharedBuffer[] Owners) Share(long position, int lengthBytes)
    {
        var start = (int)(position - PayloadPosition);
        var end = start + lengthBytes;
        List<ReadOnlyMemory<byte>> pieces = [];
        foreach (var (at, bytes) in _batches)
        {
            var from = Math.Max(start, at);
            var to = Math.Min(end, at + bytes.Length);
            if (from < to)
            {
                pieces.Add(bytes[(from - at)..(to - at)]);
            }
        }

        foreach (var owner in _owners)
        {
            owner.AddRef();
        }

        return (pieces, _owners);
    }

    public void Release()
    {
        foreach (var owner in _owners)
        {
            owner.Release();
        }
    }
}
