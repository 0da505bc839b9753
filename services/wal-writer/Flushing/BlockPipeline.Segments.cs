namespace Spillway.WalWriter.Flushing;

/// <summary>Which volume and segment a block goes to, and when that changes.</summary>
internal sealed partial class BlockPipeline
{
    /// <summary>Whether another open segment would be of use on that volume.</summary>
    public bool WantsSegment(VolumeSlot slot)
    {
        lock (_gate)
        {
            return !_hasEnded && slot.Next is null;
        }
    }

    /// <summary>Hands in the next segment, opened ahead so that rolling does not wait for it; false when it came too late.</summary>
    public bool TryOfferSegment(VolumeSlot slot, WriterSegment segment)
    {
        lock (_gate)
        {
            if (_hasEnded || slot.Next is not null)
            {
                return false;
            }

            _open.Add(segment);
            slot.Next = segment;
            slot.IsProbing = false;
            SummonLane();
            return true;
        }
    }

    /// <summary>Retires segments whose first block is older than the interval; nothing happens to empty ones.</summary>
    public void RollAged(TimeSpan interval)
    {
        lock (_gate)
        {
            foreach (var slot in _slots)
            {
                if (slot.Current is { } current
                    && current.Appender.HasBlocks
                    && _time.GetElapsedTime(current.FirstBlockTimestamp) >= interval)
                {
                    RetireCurrent(slot);
                }
            }
        }
    }

    /// <summary>
    /// Looks for writes that a volume does not answer. Where another volume can take over, their segments are given up, so that the
    /// committer seals them and their blocks are written again there (P5); else the blocks wait where they are.
    /// </summary>
    public void CheckVolumes()
    {
        lock (_gate)
        {
            if (_hasEnded)
            {
                return;
            }

            foreach (var slot in _slots)
            {
                slot.Volume.Calls.Check();
                Probe(slot);
            }

            foreach (var block in _unresolved)
            {
                if (block is { State: BlockState.Writing, Segment.IsAbandoned: false }
                    && _time.GetElapsedTime(block.WriteTimestamp) > block.Segment.Slot.Volume.StallLimit
                    && HasOther(block.Segment.Slot))
                {
                    GiveUp(block.Segment);
                    OnCommitWork();
                }
            }

            // A volume may be usable again by the clock alone.
            SummonLane();
        }
    }

    /// <summary>After a drain: retires the segments that are left, so that they are sealed.</summary>
    public void RetireSegments()
    {
        lock (_gate)
        {
            foreach (var slot in _slots)
            {
                Retire(slot.Current);
                Retire(slot.Next);
                slot.Current = slot.Next = null;
            }
        }
    }

    /// <summary>A segment was closed.</summary>
    public void Forget(WriterSegment segment)
    {
        lock (_gate)
        {
            _open.Remove(segment);
        }
    }

    /// <summary>Closes the segments that are still open; for after the end.</summary>
    public void CloseSegments()
    {
        lock (_gate)
        {
            foreach (var segment in _open)
            {
                segment.Slot.Volume.Close(segment.Appender);
            }

            _open.Clear();
        }
    }

    /// <summary>Whether what is to be written next could be written there.</summary>
    private bool IsUsable(VolumeSlot slot) =>
        !slot.Volume.Calls.IsStalled
        && slot.HasRoom(_unplaced.TryPeek(out var moved) ? moved.Bytes.OccupiedBytes : 0);

    /// <summary>Whether another volume can take what this one does not.</summary>
    private bool HasOther(VolumeSlot slot)
    {
        foreach (var other in _slots)
        {
            if (other != slot && IsUsable(other) && other.Volume.Backoff.Left == TimeSpan.Zero)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// The open-ahead segment of a volume that stalls is given up once: making the next one is how it shows that the volume
    /// answers again, even where the call that it stalled on never comes back.
    /// </summary>
    private void Probe(VolumeSlot slot)
    {
        if (slot is { IsProbing: false, Next: { } next, Volume.Calls.IsStalled: true })
        {
            slot.IsProbing = true;
            slot.Next = null;
            Retire(next);
            slot.SupplyWake.Set();
        }
    }

    private static void GiveUp(WriterSegment segment)
    {
        segment.IsAbandoned = true;
        if (segment.Slot.Current == segment)
        {
            segment.Slot.Current = null;
        }
    }

    private void RetireCurrent(VolumeSlot slot)
    {
        if (slot.Current is not { } current)
        {
            return;
        }

        Retire(current);
        slot.Current = null;
        if (_slots[_firstSlot] == slot)
        {
            // Volumes fill evenly, and at a low rate one segment is in use and not one a volume.
            _firstSlot = (_firstSlot + 1) % _slots.Length;
        }
    }

    private void Retire(WriterSegment? segment)
    {
        if (segment is null || segment.IsRetired)
        {
            return;
        }

        segment.IsRetired = true;
        if (segment.UnresolvedCount == 0)
        {
            OnSegmentDone(segment);
        }
    }

    /// <summary>Finds room for a block of that size, rolling to the next segment if need be; null when that is not open yet.</summary>
    private WriterSegment? TryGetSegment(VolumeSlot slot, long occupiedBytes)
    {
        if (slot.Current is { IsAbandoned: false, Appender.IsPoisoned: false } current && current.Appender.Fits(occupiedBytes))
        {
            return current;
        }

        if (slot.Next is not { } next)
        {
            // Sealed now and not when the next one comes: a full volume gets no next one before segments are drained.
            RetireCurrent(slot);
            return null;
        }

        RetireCurrent(slot);
        slot.Current = next;
        slot.Next = null;
        slot.SupplyWake.Set();
        return next;
    }
}
