using System.Diagnostics;
using Spillway.Rpc.Metadata;
using Spillway.WalWriter.Committing;

namespace Spillway.WalWriter.Flushing;

/// <summary>What the committer asks for and reports. Only the committer calls these, one at a time.</summary>
internal sealed partial class BlockPipeline
{
    /// <summary>The next thing for the committer to do.</summary>
    public CommitStep GetCommitStep()
    {
        lock (_gate)
        {
            if (_hasEnded || _unresolved.Count == 0)
            {
                return default;
            }

            var head = _unresolved[0];
            if (head is { State: BlockState.Proposed, Proposal.IsCompleted: true })
            {
                return new CommitStep(CommitAction.Settle, head);
            }

            var proposedCount = CountProposed();
            if (proposedCount == _unresolved.Count)
            {
                return default;
            }

            var first = _unresolved[proposedCount];
            var mustMove = first.State == BlockState.Failed
                || (first.State is BlockState.Flushed or BlockState.Writing && first.Segment!.IsAbandoned);
            if (mustMove)
            {
                // Those before it are answered first: the seal would only make them move too.
                return proposedCount == 0 ? new CommitStep(CommitAction.Move, first) : default;
            }

            return first.State == BlockState.Flushed && proposedCount < _limits.ProposedBlocksMax
                ? new CommitStep(CommitAction.Propose, first)
                : default;
        }
    }

    /// <summary>Notes that the block was proposed.</summary>
    public void SetProposal(WriterBlock block, Task<CommitBlockReply?> proposal)
    {
        lock (_gate)
        {
            block.Propose(proposal);
        }
    }

    /// <summary>The blocks that are proposed, in order.</summary>
    public List<WriterBlock> GetProposed()
    {
        lock (_gate)
        {
            return _unresolved.GetRange(0, CountProposed());
        }
    }

    /// <summary>The first block was committed: its appends are answered with their offsets.</summary>
    public void Resolve(WriterBlock block, CommitBlockReply reply)
    {
        lock (_gate)
        {
            if (_hasEnded)
            {
                return;
            }

            Debug.Assert(_unresolved[0] == block, "Blocks are resolved in order.");
            _unresolved.RemoveAt(0);
            LeaveSegment(block);
            if (_isDraining && _unresolved.Count == 0 && _appends.IsEmpty)
            {
                SummonAllLanes();
            }

            SummonLane();
        }

        OnCommitted(block);
        block.Complete(reply);
        ReleaseWhenIdle(block);
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
    /// sequences (P5), those that a lane still writes too: what it writes there no longer counts. No proposal is in flight then.
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
