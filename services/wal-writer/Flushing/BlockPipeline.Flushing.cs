using System.Diagnostics;
using Spillway.WalWriter.Appending;

namespace Spillway.WalWriter.Flushing;

/// <summary>What lanes ask for and report.</summary>
internal sealed partial class BlockPipeline
{
    /// <summary>
    /// Waits for a block to write; null when there will be none any more. There is no linger: while a lane flushes,
    /// the next block fills.
    /// </summary>
    public WriterBlock? TakeBlock()
    {
        lock (_gate)
        {
            while (!_hasEnded && !(_isDraining && _unresolved.Count == 0 && _appends.IsEmpty))
            {
                if (TryPlaceMoved() is { } moved)
                {
                    return moved;
                }

                // A block that has to move goes first: everything behind it waits for its commit anyway.
                if (_unplaced.Count == 0 && TryGather() is { } gathered)
                {
                    return gathered;
                }

                Monitor.Wait(_gate);
            }

            return null;
        }
    }

    /// <summary>A lane is done with a block it took.</summary>
    public void CompleteWrite(WriterBlock block, bool isFlushed)
    {
        lock (_gate)
        {
            Debug.Assert(block.State == BlockState.Writing, "Only a block being written can have been written.");
            block.State = isFlushed ? BlockState.Flushed : BlockState.Failed;
            if (!_hasEnded)
            {
                OnCommitWork();
                return;
            }
        }

        // The epoch ended while the volume was busy with the bytes; nobody else has an eye on them any more.
        block.ReleaseBytes();
    }

    private WriterBlock? TryPlaceMoved()
    {
        if (!_unplaced.TryPeek(out var block) || !TryGetSegment(block.Bytes.OccupiedBytes, out var segment))
        {
            return null;
        }

        _unplaced.Dequeue();
        Place(block, segment);
        return block;
    }

    private WriterBlock? TryGather()
    {
        if (!_appends.HasReady || _unresolved.Count >= limits.UnresolvedBlocksMax)
        {
            return null;
        }

        // Without a segment nothing is gathered: the longer it takes, the larger the block that will go there.
        if (_current is null or { IsAbandoned: true } or { Appender.IsPoisoned: true } && _next is null)
        {
            return null;
        }

        var block = new WriterBlock(_lastBlockSeq + 1, TakeAppends());
        _lastBlockSeq++;
        _unresolved.Add(block);
        if (TryGetSegment(block.Bytes.OccupiedBytes, out var segment))
        {
            Place(block, segment);
            return block;
        }

        // It does not fit what is left, and the next segment is not open yet.
        _unplaced.Enqueue(block);
        return null;
    }

    private List<PendingAppend> TakeAppends()
    {
        var appends = new List<PendingAppend>();
        var bytesLeft = int.MaxValue;
        var batchesLeft = int.MaxValue;
        while (_appends.TryTake(bytesLeft, batchesLeft, out var append))
        {
            // The first is taken whatever its size; it then counts against the bounds for those after it.
            bytesLeft = appends.Count == 0 ? limits.BlockBytesMax : bytesLeft;
            batchesLeft = appends.Count == 0 ? limits.BlockBatchesMax : batchesLeft;
            appends.Add(append);
            bytesLeft -= append.LengthBytes;
            batchesLeft -= append.Batches.Length;
        }

        return appends;
    }

    private void Place(WriterBlock block, WriterSegment segment)
    {
        if (!segment.Appender.HasBlocks)
        {
            segment.FirstBlockTimestamp = time.GetTimestamp();
        }

        var isPlaced = segment.Appender.TryPlace(block.Bytes, block.BlockSeq);
        Debug.Assert(isPlaced, "The segment was chosen because the block fits.");
        block.Segment = segment;
        block.State = BlockState.Writing;
        segment.UnresolvedCount++;
    }
}
