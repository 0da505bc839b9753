using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Spillway.Rpc.Commit;
using Spillway.Rpc.Metadata;

namespace Spillway.WalWriter.Flushing;

/// <summary>What the committer and its loop ask for and report.</summary>
internal sealed partial class BlockPipeline
{
    private bool _isHeld;
    private long _resolvedCount;
    private int _completingCount;

    /// <summary>Blocks that were committed.</summary>
    public long ResolvedCount => Volatile.Read(ref _resolvedCount);

    /// <summary>The next block to propose, if it is its turn; it counts as proposed then.</summary>
    public bool TryPropose([NotNullWhen(true)] out WriterBlock? block)
    {
        lock (_gate)
        {
            block = null;
            if (_hasEnded || _isHeld)
            {
                return false;
            }

            var proposedCount = CountProposed();
            if (proposedCount < _unresolved.Count
                && proposedCount < _limits.ProposedBlocksMax
                && _unresolved[proposedCount] is { State: BlockState.Flushed, Segment.IsAbandoned: false } next)
            {
                next.Propose(_time.GetTimestamp());
                block = next;
            }

            return block is not null;
        }
    }

    /// <summary>Nothing is proposed until <see cref="ProposeAgain"/>.</summary>
    public void Hold()
    {
        lock (_gate)
        {
            _isHeld = true;
        }
    }

    /// <summary>The blocks that were proposed and not answered, in order, to be proposed again; others may follow them then.</summary>
    public List<WriterBlock> ProposeAgain()
    {
        lock (_gate)
        {
            _isHeld = false;
            var proposed = _unresolved.GetRange(0, CountProposed());
            proposed.ForEach(block => block.Propose(_time.GetTimestamp()));
            return proposed;
        }
    }

    /// <summary>Whether the oldest proposal has had no answer for longer than that.</summary>
    public bool IsProposalOverdue(TimeSpan timeout)
    {
        lock (_gate)
        {
            return _unresolved.Count > 0
                && _unresolved[0] is { State: BlockState.Proposed } head
                && _time.GetElapsedTime(head.ProposeTimestamp) > timeout;
        }
    }

    /// <summary>Takes the oldest block out if the answer says that it is committed; <see cref="Complete"/> is to follow.</summary>
    public ResolveResult TryResolve(BlockOutcome outcome, out WriterBlock? block)
    {
        lock (_gate)
        {
            block = null;
            if (_hasEnded || _unresolved.Count == 0 || outcome.BlockSeq < _unresolved[0].BlockSeq)
            {
                return ResolveResult.Ignored;
            }

            var head = _unresolved[0];
            if (outcome.BlockSeq != head.BlockSeq
                || head.State != BlockState.Proposed
                || outcome.Status != CommitStatus.Committed
                || outcome.Batches.Length != head.Bytes.Count)
            {
                return ResolveResult.Refused;
            }

            block = head;
            _unresolved.RemoveAt(0);
            _resolvedCount++;
            _completingCount++;
            LeaveSegment(head);
            if (_isDraining && _unresolved.Count == 0 && _appends.IsEmpty)
            {
                SummonAllLanes();
            }

            if (MustMoveFirst)
            {
                OnCommitWork();
            }

            SummonLane();
            return ResolveResult.Resolved;
        }
    }

    /// <summary>Answers the appends of a block that was committed. Under no lock: they go on with it.</summary>
    public void Complete(WriterBlock block, BlockOutcome outcome)
    {
        OnCommitted(block);
        block.Complete(outcome);
        ReleaseWhenIdle(block);
        lock (_gate)
        {
            _completingCount--;
            if (_isDraining)
            {
                OnCommitWork();
            }
        }
    }

    /// <summary>The segment whose blocks have to move before anything can be proposed; null for none.</summary>
    public WriterSegment? FindSegmentToLeave()
    {
        lock (_gate)
        {
            return !_hasEnded && MustMoveFirst ? _unresolved[0].Segment : null;
        }
    }

    /// <summary>The segment of a block that is proposed; null where there is no such block.</summary>
    public WriterSegment? FindProposed(long blockSeq)
    {
        lock (_gate)
        {
            return _unresolved.Find(block => block.BlockSeq == blockSeq && block.State == BlockState.Proposed)?.Segment;
        }
    }

    /// <summary>Nothing more goes to the segment, and what is in it and not committed will move.</summary>
    public void Abandon(WriterSegment segment)
    {
        lock (_gate)
        {
            GiveUp(segment);
        }
    }

    /// <summary>
    /// After the segment was sealed: all its blocks go back to the lanes to be written elsewhere, in order and under their
    /// sequences (P5), those that a lane still writes too: what it writes there no longer counts. Nobody listens to what was
    /// proposed before: metadata refuses what comes late, for the segment is sealed.
    /// </summary>
    /// <returns>How many move.</returns>
    public int MoveBlocks(WriterSegment segment)
    {
        lock (_gate)
        {
            Debug.Assert(segment.IsAbandoned, "Blocks move only out of a segment that was given up.");
            if (_hasEnded)
            {
                return 0;
            }

            segment.IsSealed = true;
            var movedCount = 0;
            foreach (var block in _unresolved)
            {
                if (block.Segment == segment)
                {
                    LeaveSegment(block);
                    block.Leave();
                    movedCount++;
                }
                else if (block.State == BlockState.Proposed)
                {
                    // Proposed from another segment behind one that was refused: it is still durable where it is.
                    block.Unpropose();
                }
            }

            // The queue may hold later blocks that never had a place; order within it is by sequence again.
            _unplaced.Clear();
            foreach (var block in _unresolved)
            {
                if (block.State == BlockState.Unplaced)
                {
                    _unplaced.Enqueue(block);
                }
            }

            SummonLane();
            return movedCount;
        }
    }

    // Those before it are answered first: the seal would only make them move too.
    private bool MustMoveFirst => _unresolved.Count > 0 && MustMove(_unresolved[0]);

    private static bool MustMove(WriterBlock block) =>
        block.State == BlockState.Failed
        || (block.State is BlockState.Flushed or BlockState.Writing && block.Segment!.IsAbandoned);

    private int CountProposed()
    {
        var count = 0;
        while (count < _unresolved.Count && _unresolved[count].State == BlockState.Proposed)
        {
            count++;
        }

        return count;
    }

    private void LeaveSegment(WriterBlock block)
    {
        var segment = block.Segment!;
        segment.UnresolvedCount--;
        if (segment.UnresolvedCount == 0 && (segment.IsRetired || segment.IsAbandoned))
        {
            OnSegmentDone(segment);
        }
    }
}
