using System.Diagnostics;
using Spillway.WalWriter.Appending;
using Spillway.WalWriter.Volumes;

namespace Spillway.WalWriter.Flushing;

/// <summary>What lanes ask for and report.</summary>
internal sealed partial class BlockPipeline
{
    /// <summary>
    /// Waits for a block to write; null when there will be none any more. Where a write is cheap there is no linger: while a lane
    /// flushes, the next block fills.
    /// </summary>
    public BlockWrite? TakeBlock(FlushLane lane)
    {
        while (true)
        {
            lock (_gate)
            {
                if (_hasEnded || (_isDraining && _unresolved.Count == 0 && _appends.IsEmpty))
                {
                    return null;
                }

                if (TryTake(lane) is { } write)
                {
                    SummonLane();
                    return write;
                }

                lane.Slot.IdleLanes.Push(lane);

                // What this volume must not take may be for another one.
                SummonLane(except: lane.Slot);
            }

            lane.WaitForSummons();
        }
    }

    /// <summary>A lane is done with a block it took.</summary>
    public void CompleteWrite(in BlockWrite write, bool isFlushed)
    {
        var block = write.Block;
        lock (_gate)
        {
            block.PendingWriteCount--;
            if (block.Bytes == write.Bytes && block.State == BlockState.Writing)
            {
                block.EndWrite(isFlushed);
                if (!_hasEnded && MustMove(block))
                {
                    OnCommitWork();
                }
            }

            // Else it has moved meanwhile: what this attempt wrote lies in a sealed segment, and nothing names it.
            if (!block.IsAnswered || block.PendingWriteCount > 0)
            {
                return;
            }
        }

        // Answered while the volume was busy with the bytes; nobody else has an eye on them any more.
        Release(block);
    }

    private bool HasWork =>
        _unplaced.Count > 0 || (!_appends.IsEmpty && _unresolved.Count < _limits.UnresolvedBlocksMax);

    /// <summary>Wakes one lane if there is something to write and a volume to write it to.</summary>
    private void SummonLane(VolumeSlot? except = null)
    {
        if (!HasWork)
        {
            return;
        }

        for (var i = 0; i < _slots.Length; i++)
        {
            var slot = _slots[(_firstSlot + i) % _slots.Length];
            if (slot.IdleLanes.Count == 0 || !IsUsable(slot))
            {
                continue;
            }

            if (GetWait(slot) is { Ticks: > 0 } wait)
            {
                // Nobody is woken for a volume at its cap or for a block that gathers before it is time; meanwhile the block grows.
                WakeAfter(slot, wait);
            }
            else if (slot != except)
            {
                slot.IdleLanes.Pop().Summon();
                return;
            }
        }
    }

    /// <summary>
    /// How long blocks wait for that volume: until its caps let them, until the next one has gathered, and after a failure until the
    /// volume is tried again.
    /// </summary>
    private TimeSpan GetWait(VolumeSlot slot)
    {
        var pace = slot.Volume.Pace.GetWait();
        var backoff = slot.Volume.Backoff.Left;

        // A block that has to move is as large as it will ever be, and what is drained gets no company any more.
        var gathering = _isDraining || _unplaced.Count > 0 || IsRoomScarce() ? TimeSpan.Zero : slot.Volume.Grouping.GetWait(_appends, _time);
        var wait = pace > gathering ? pace : gathering;
        return wait > backoff ? wait : backoff;
    }

    private void WakeAfter(VolumeSlot slot, TimeSpan wait)
    {
        slot.WaitTimer ??= _time.CreateTimer(
            static pipeline => ((BlockPipeline)pipeline!).OnWaitTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        slot.WaitTimer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    private void OnWaitTimer()
    {
        lock (_gate)
        {
            if (!_hasEnded)
            {
                SummonLane();
            }
        }
    }

    private void SummonAllLanes()
    {
        foreach (var slot in _slots)
        {
            while (slot.IdleLanes.TryPop(out var lane))
            {
                lane.Summon();
            }
        }
    }

    private BlockWrite? TryTake(FlushLane lane)
    {
        var slot = lane.Slot;
        if (!HasWork || !IsUsable(slot) || GetWait(slot) > TimeSpan.Zero)
        {
            return null;
        }

        // A block that has to move goes first: everything behind it waits for its commit anyway.
        if (_unplaced.TryPeek(out var moved))
        {
            return TryGetSegment(slot, moved.Bytes.OccupiedBytes) is { } segment ? Place(_unplaced.Dequeue(), segment, lane) : null;
        }

        var block = RentBlock();
        TakeAppends(slot.Volume.Grouping, block.Appends);
        block.Begin(++_lastBlockSeq);
        _unresolved.Add(block);
        if (TryGetSegment(slot, block.Bytes.OccupiedBytes) is { } place)
        {
            return Place(block, place, lane);
        }

        // It does not fit what is left, and the next segment is not open yet.
        _unplaced.Enqueue(block);
        return null;
    }

    private WriterBlock RentBlock()
    {
        if (!_spare.TryPop(out var block))
        {
            return new WriterBlock();
        }

        // Only now: who still had to do with it when it was given back, at the end of an epoch, reads what it held.
        block.Clear();
        return block;
    }

    private void TakeAppends(in VolumeGrouping grouping, List<PendingAppend> appends)
    {
        var bytesLeft = int.MaxValue;
        var batchesLeft = int.MaxValue;
        while (_appends.TryTake(bytesLeft, batchesLeft, out var append))
        {
            // The first is taken whatever its size; it then counts against the bounds for those after it.
            bytesLeft = appends.Count == 0 ? grouping.BlockBytesMax : bytesLeft;
            batchesLeft = appends.Count == 0 ? grouping.BlockBatchesMax : batchesLeft;
            appends.Add(append);
            bytesLeft -= append.LengthBytes;
            batchesLeft -= append.Batches.Length;
        }
    }

    private BlockWrite Place(WriterBlock block, WriterSegment segment, FlushLane lane)
    {
        if (!segment.Appender.HasBlocks)
        {
            segment.FirstBlockTimestamp = _time.GetTimestamp();
        }

        var isPlaced = segment.Appender.TryPlace(block.Bytes, block.BlockSeq);
        Debug.Assert(isPlaced, "The segment was chosen because the block fits.");
        var volume = segment.Slot.Volume;
        volume.Pace.Take(block.Bytes.OccupiedBytes);
        volume.Calls.Begin(lane.Call);
        block.BeginWrite(segment, lane.Call.StartTimestamp);
        segment.UnresolvedCount++;
        return new BlockWrite(block, block.Bytes, segment);
    }
}
